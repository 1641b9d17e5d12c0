"""Names of the registry in `model:`: what they lead to, what is pinned, and when nothing starts."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.definition import Pipeline
from orchestration.exceptions import UnknownModel
from orchestration.providers.base import ModelUnavailable
from orchestration.providers.catalog import UnsuitableModel, get_provider, resolve_model
from orchestration.selectors.definitions import check_definition
from orchestration.selectors.health import examine
from orchestration.services import executions
from registry.models import ModelVersion
from registry.services.hosted import register_hosted_version
from registry.services.lifecycle import archive_version, deprecate_version
from registry.services.pointers import move_alias, remove_alias, set_default
from registry.states import VersionState
from tests.providers.registered import making
from tests.providers.registered.conftest import Register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def target(version: ModelVersion) -> str:
    return f"registry/{version.model.name}:{version.label}#{version.digest[:12]}"


@pytest.fixture
def versions(register: Register) -> list[ModelVersion]:
    """v1, the default, and v2, the alias `next`."""
    made = [
        register(making.softmax_of(2, notes={"labels": f'["a", "b{number}"]'}), version=f"v{number}")
        for number in (1, 2)
    ]
    move_alias(model_name="model", alias="next", version="v2")
    return made


@pytest.mark.parametrize(("name", "number"), [("model", 1), ("model:v1", 1), ("model:v2", 2), ("model@next", 2)])
def test_a_name_an_alias_or_a_version_is_pinned_with_its_digest(
    versions: list[ModelVersion], name: str, number: int
) -> None:
    assert resolve_model(name, "classification") == target(versions[number - 1])


def test_a_pin_itself_may_be_named(versions: list[ModelVersion]) -> None:
    assert resolve_model(target(versions[1]).removeprefix("registry/"), "classification") == target(versions[1])


def test_a_registered_name_comes_before_a_route_and_a_route_may_lead_to_one(
    versions: list[ModelVersion], settings: Any
) -> None:
    routes = {"model": "local/classify", "gpt-4": "model@next"}
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_routes": routes})
    assert resolve_model("model", "classification") == target(versions[0])
    assert resolve_model("gpt-4", "classification") == target(versions[1])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("model:v3", 'has no version "v3"; its newest versions: v2, v1'),
        ("model@nxt", r'has no alias "nxt" \(did you mean "next"\?\)'),
        ("modle", r'"modle" is not a model known here.* \(did you mean "model"\?\)'),
    ],
)
def test_a_name_that_leads_nowhere_is_answered_with_what_there_is(
    versions: list[ModelVersion], name: str, says: str
) -> None:
    with pytest.raises(UnknownModel, match=says):
        resolve_model(name, "classification")


def quarantine(version: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(
        state=VersionState.QUARANTINED, state_before_quarantine=VersionState.READY
    )


def archive(version: ModelVersion) -> None:
    remove_alias(model_name="model", alias="next")
    archive_version(model_name="model", version=version.label)


@pytest.mark.parametrize(
    ("act", "says"),
    [(quarantine, "is quarantined because its files are damaged"), (archive, "is archived; restore it")],
)
def test_a_version_that_must_not_be_used_starts_nothing_and_ends_what_was_pinned(
    versions: list[ModelVersion], act: Callable[[ModelVersion], None], says: str
) -> None:
    pinned = resolve_model("model:v2", "classification")
    set_default(model_name="model", version="v1")
    act(versions[1])
    with pytest.raises(UnknownModel, match=says):
        resolve_model("model:v2", "classification")
    with pytest.raises(ModelUnavailable, match=says):
        get_provider(pinned)


def test_a_deprecated_version_works_with_a_warning(
    versions: list[ModelVersion], caplog: pytest.LogCaptureFixture
) -> None:
    deprecate_version(model_name="model", version="v2", reason="v3 is better")
    assert resolve_model("model:v2", "classification") == target(versions[1])
    assert "model:v2" in caplog.text
    assert "is deprecated: v3 is better" in caplog.text


def test_a_definition_that_names_a_deprecated_version_is_warned(versions: list[ModelVersion]) -> None:
    deprecate_version(model_name="model", version="v2", reason="v3 is better")
    task = {"name": "sort", "type": "classification", "model": "model:v2"}
    checked = check_definition({"name": "p", "tasks": [task]})
    assert [problem.code for problem in (*checked.errors, *checked.warnings)] == ["deprecated_model"]


def test_the_doctor_lists_registered_models_and_a_default_that_must_not_be_used(register: Register) -> None:
    for name in ("sound", "broken"):
        register(making.softmax_of(), name=name)
    quarantine(ModelVersion.objects.get(model__name="broken"))
    checks = {check.name: check for check in examine()}
    assert checks["registered models"].said == "sound"
    assert (checks["model broken"].status, checks["model broken"].said) == (
        "problem",
        "its default version is quarantined",
    )


def test_files_of_another_format_serve_handlers_of_ones_own_only(register: Register) -> None:
    version = register({"weights.safetensors": b"\x08\0\0\0\0\0\0\0{}      "})
    assert resolve_model("model", "my_own_type") == target(version)
    with pytest.raises(UnsuitableModel, match="has the format safetensors; models that run here are ONNX files"):
        resolve_model("model", "classification")


@pytest.mark.parametrize(
    ("provider", "says"),
    [
        ("openai", 'v1 is hosted as "openai/big-1", which is a model of OpenAI .* set OPENAI_API_KEY'),
        ("nobody", 'is hosted as "nobody/big-1", which names no provider known here; there are local, openai'),
    ],
)
def test_a_hosted_version_whose_service_is_not_configured_names_the_setting(provider: str, says: str) -> None:
    register_hosted_version(model_name="model", version="v1", provider="openai", provider_model="big-1")
    ModelVersion.objects.update(provider=provider)  # of another release, which knew more of them
    with pytest.raises(UnknownModel, match=says):
        resolve_model("model", "text_generation")


def test_two_tasks_of_one_execution_get_the_same_version(
    versions: list[ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve_then_promote(name: str, task_type: str) -> str:
        found = resolve_model(name, task_type)
        set_default(model_name="model", version="v2")
        return found

    monkeypatch.setattr(executions, "resolve_model", resolve_then_promote)
    tasks = [{"name": name, "type": "classification", "model": "model"} for name in ("a", "b")]
    resolved = executions.resolve_models(Pipeline({"name": "p", "tasks": tasks}))
    assert resolved == {"a": target(versions[0]), "b": target(versions[0])}
