"""From names to versions, and what is said when there is none."""

import pytest
from django.test.utils import CaptureQueriesContext

from registry.exceptions import ModelNotFound, NoDefaultVersion, VersionNotFound, VersionUnusable
from registry.models import ModelVersion
from registry.names import parse_reference
from registry.selectors.resolving import find_referenced, find_version, resolve
from registry.services.lifecycle import archive_version, delete_version, deprecate_version
from registry.services.pointers import move_alias, remove_alias, rollback_alias
from tests.registry.conftest import Register

pytestmark = pytest.mark.django_db


def test_a_name_an_alias_a_label_and_a_pin_lead_to_a_version(register: Register) -> None:
    first, second = register("v1"), register("v2")
    move_alias(model_name="classifier", alias="next", version="v2")
    assert resolve("classifier").version_id == first.pk
    assert resolve("classifier@default").version_id == first.pk
    assert resolve("classifier@next").version_id == second.pk
    found = resolve("classifier:v2")
    assert found.pin == f"classifier:v2#{second.digest[:12]}"
    assert resolve(found.pin) == found


def test_resolving_takes_one_query(register: Register, django_assert_num_queries: CaptureQueriesContext) -> None:
    register("v1")
    for reference in ("classifier", "classifier:v1"):
        with django_assert_num_queries(1):  # type: ignore[operator]
            resolve(reference)


def test_a_pin_is_refused_once_the_label_means_other_content(register: Register) -> None:
    register("v1")
    pin = resolve(f"classifier:{register('v2').label}").pin
    delete_version(model_name="classifier", version="v2")
    register("v2", {"model.onnx": "other"})
    with pytest.raises(VersionNotFound, match="what was pinned was deleted"):
        resolve(pin)


def test_near_names_are_offered(register: Register) -> None:
    register("v2.1.0")
    move_alias(model_name="classifier", alias="production", version="v2.1.0")
    with pytest.raises(ModelNotFound, match='did you mean "classifier"'):
        resolve("clasifier")
    with pytest.raises(VersionNotFound, match=r'did you mean "v2\.1\.0"'):
        resolve("classifier:v2.10")
    with pytest.raises(VersionNotFound, match='did you mean "production"'):
        resolve("classifier@prodution")


@pytest.mark.one_database
@pytest.mark.parametrize(
    "reference", ["", "openai/gpt-4o", "a:b@c", "a@b:c", "a#b", "a:b#zz", "a b", "a:", "a@", "../x"]
)
def test_what_is_no_reference_names_no_model(reference: str) -> None:
    assert parse_reference(reference) is None
    with pytest.raises(ModelNotFound):
        resolve(reference)


@pytest.mark.one_database
def test_what_may_not_be_used_is_refused_and_says_what_to_do(register: Register) -> None:
    register("v1")
    register("v2")
    archive_version(model_name="classifier", version="v2", reason="too slow")
    with pytest.raises(VersionUnusable, match=r"archived; restore it, or use another version \(too slow\)"):
        resolve("classifier:v2")


@pytest.mark.one_database
def test_a_deprecated_version_works_and_says_so(register: Register) -> None:
    register("v1")
    deprecate_version(model_name="classifier", version="v1", reason="use v2")
    found = resolve("classifier")
    assert (found.is_deprecated, found.state_reason) == (True, "use v2")


@pytest.mark.one_database
def test_a_model_without_a_default_says_so(register: Register) -> None:
    register("v1")
    ModelVersion.objects.update(is_default=False)
    with pytest.raises(NoDefaultVersion, match="set one, or write classifier:VERSION"):
        resolve("classifier")
    assert find_referenced("classifier:1").label == "v1"


def test_a_name_with_nul_names_nothing(register: Register) -> None:
    register("v1")
    with pytest.raises(ModelNotFound):
        find_version("m\0")
    for given in ("v1\0", "a/b", ""):
        with pytest.raises(VersionNotFound):
            find_version("classifier", given)
    for change in (rollback_alias, remove_alias):
        with pytest.raises(VersionNotFound):
            change(model_name="classifier", alias="a\0")
