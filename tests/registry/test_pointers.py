"""The default, aliases, their history, and going back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.exceptions import (
    InvalidVersion,
    NothingToRollBack,
    PointerMoved,
    VersionInUse,
    VersionNotFound,
    VersionUnusable,
)
from registry.models import PointerMove
from registry.selectors.history import list_moves, what_was, what_was_default
from registry.selectors.resolving import find_version, resolve
from registry.services.lifecycle import archive_version
from registry.services.pointers import move_alias, remove_alias, rollback_alias, rollback_default, set_default
from tests.registry.conftest import Register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_versions(register: Register) -> None:
    for label in ("v1", "v2", "v3"):
        register(label)


def default() -> str:
    return resolve("classifier").label


def promote(label: str, **options: str) -> None:
    set_default(model_name="classifier", version=label, **options)


def test_a_move_is_written_down_with_who_and_why() -> None:
    promote("v2", actor="ann", reason="better recall")
    move = list_moves("classifier").first()
    assert move is not None
    assert (move.pointer, move.from_label, move.to_label) == ("default", "v1", "v2")
    assert (move.actor, move.reason) == ("ann", "better recall")


@pytest.mark.one_database
def test_a_move_to_where_it_is_writes_nothing() -> None:
    promote("v1")
    assert PointerMove.objects.count() == 1


def test_a_move_happens_only_while_the_pointer_is_where_it_was_expected() -> None:
    promote("v2", expected="v1")
    with pytest.raises(PointerMoved, match='is "v2" now, not "v1"'):
        promote("v3", expected="v1")
    assert default() == "v2"
    with pytest.raises(PointerMoved, match="is nothing now"):
        move_alias(model_name="classifier", alias="stable", version="v1", expected="v2")


def test_what_was_the_default_at_a_time_can_be_told() -> None:
    before = timezone.now()
    promote("v2")
    between = timezone.now()
    promote("v3")
    labels = []
    for at in (before, between, timezone.now()):
        move = what_was_default("classifier", at)
        labels.append(move and move.to_label)
    assert labels == ["v1", "v2", "v3"]
    assert what_was_default("classifier", before - timedelta(days=1)) is None
    assert what_was("classifier", "stable", timezone.now()) is None


def test_one_call_goes_back_and_the_next_goes_back_further() -> None:
    promote("v2")
    promote("v3")
    assert rollback_default(model_name="classifier", reason="errors").label == "v2"
    assert rollback_default(model_name="classifier").label == "v1"
    assert default() == "v1"
    with pytest.raises(NothingToRollBack):
        rollback_default(model_name="classifier")
    assert list_moves("classifier", "default").count() == 5, "history is kept"


def test_after_going_back_and_on_the_way_back_is_the_new_one() -> None:
    promote("v2")
    rollback_default(model_name="classifier")
    promote("v3")
    assert rollback_default(model_name="classifier").label == "v1"


def test_going_back_passes_over_versions_that_cannot_be_used() -> None:
    promote("v2")
    promote("v3")
    archive_version(model_name="classifier", version="v2")
    assert rollback_default(model_name="classifier").label == "v1"
    with pytest.raises(NothingToRollBack):
        rollback_default(model_name="classifier")


@pytest.mark.one_database
def test_an_alias_is_moved_resolved_rolled_back_and_removed() -> None:
    move_alias(model_name="classifier", alias="production", version="v1")
    move_alias(model_name="classifier", alias="production", version=2)
    assert resolve("classifier@production").label == "v2"
    assert rollback_alias(model_name="classifier", alias="production").label == "v1"
    remove_alias(model_name="classifier", alias="production", expected="v1")
    with pytest.raises(VersionNotFound, match="no alias"):
        resolve("classifier@production")
    assert [move.to_label for move in list_moves("classifier", "production")] == ["", "v1", "v2", "v1"]
    with pytest.raises(VersionNotFound):
        remove_alias(model_name="classifier", alias="production")


@pytest.mark.one_database
@pytest.mark.parametrize("alias", ["default", "latest", "1", "", "a b", "x" * 101])
def test_an_alias_has_a_name_of_its_own(alias: str) -> None:
    with pytest.raises(InvalidVersion):
        move_alias(model_name="classifier", alias=alias, version="v1")


@pytest.mark.one_database
def test_a_pointer_leads_to_nothing_that_cannot_be_used() -> None:
    archive_version(model_name="classifier", version="v2")
    with pytest.raises(VersionUnusable, match="is archived; restore it"):
        promote("v2")
    move_alias(model_name="classifier", alias="stable", version="v3")
    with pytest.raises(VersionInUse, match="aliases name it"):
        archive_version(model_name="classifier", version="v3")
    with pytest.raises(VersionInUse, match="default version"):
        archive_version(model_name="classifier", version="v1")


def test_a_version_is_found_by_label_alias_or_number_in_this_order(register: Register) -> None:
    move_alias(model_name="classifier", alias="champion", version="v2")
    register("3")
    assert find_version("classifier", "champion").label == "v2"
    assert find_version("classifier", "2").label == "v2"
    assert find_version("classifier", "3").number == 4, "a label comes before a number"
    assert find_version("classifier").label == "v1"
