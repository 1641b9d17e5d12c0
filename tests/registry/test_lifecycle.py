"""Deprecate, archive, restore, delete; what may change once a version is ready, and what the database refuses."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry import models
from registry.exceptions import (
    IllegalState,
    InvalidVersion,
    ModelNotFound,
    VersionExists,
    VersionInUse,
    VersionNotFound,
)
from registry.models import Alias, ModelVersion, PointerMove, VersionFile
from registry.selectors.history import list_moves
from registry.selectors.resolving import find_model, find_version, resolve
from registry.selectors.versions import having_tag, list_models, list_versions, metric_series, price_at
from registry.services.editing import add_metrics, describe_model, describe_version
from registry.services.hosted import Price, add_price, register_hosted_version
from registry.services.lifecycle import (
    archive_version,
    delete_model,
    delete_version,
    deprecate_version,
    restore_version,
)
from registry.services.pointers import move_alias, set_default
from registry.states import MOVES, VersionState
from tests.registry.conftest import Register

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
VERBS: dict[str, Any] = {"deprecated": deprecate_version, "archived": archive_version, "ready": restore_version}
ALLOWED = {
    ("ready", "deprecated"),
    ("ready", "archived"),
    ("deprecated", "archived"),
    ("deprecated", "ready"),
    ("archived", "ready"),
}


def put_into(version: ModelVersion, state: str) -> None:
    """The state as a row; no verb leads to some of them from here."""
    before = {"state_before_quarantine": "ready"} if state == "quarantined" else {}
    pending = {"digest": "", "ready_at": None} if state == "pending" else {}
    ModelVersion.objects.filter(pk=version.pk).update(state=state, **before, **pending)


@pytest.mark.one_database
@pytest.mark.parametrize("source", [str(state) for state in VersionState])
@pytest.mark.parametrize("target", list(VERBS))
def test_only_the_moves_of_the_table_can_be_made(register: Register, source: str, target: str) -> None:
    register("v1")
    version = register("v2")
    put_into(version, source)
    if (source, target) in ALLOWED:
        assert VersionState(target) in MOVES[VersionState(source)]
        assert VERBS[target](model_name="classifier", version="v2", reason="because").state_reason == "because"
        assert find_version("classifier", "v2").state == target
    else:
        with pytest.raises(IllegalState, match=f"is {source} and cannot become {target}"):
            VERBS[target](model_name="classifier", version="v2")


def test_a_deleted_version_stays_in_the_history_by_its_label(register: Register) -> None:
    register("v1")
    register("v2", set_as_default=True)
    delete_version(model_name="classifier", version="v1")
    move = list_moves("classifier").first()
    assert move is not None
    assert (move.from_version, move.from_label, move.to_label) == (None, "v1", "v2")
    assert not VersionFile.objects.filter(version__label="v1").exists()


def test_what_is_pointed_at_is_not_deleted(register: Register) -> None:
    register("v1")
    register("v2")
    move_alias(model_name="classifier", alias="next", version="v2")
    with pytest.raises(VersionInUse, match="default version"):
        delete_version(model_name="classifier", version="v1")
    with pytest.raises(VersionInUse, match="next"):
        delete_version(model_name="classifier", version="v2")


def test_the_only_version_can_be_deleted_and_then_its_model(register: Register) -> None:
    register("v1")
    with pytest.raises(VersionInUse, match="still has versions"):
        delete_model(model_name="classifier")
    delete_version(model_name="classifier", version="v1", reason="wrong files")
    move = list_moves("classifier").first()
    assert move is not None
    assert (move.from_label, move.to_label, move.reason) == ("v1", "", "wrong files")
    delete_model(model_name="classifier")
    with pytest.raises(ModelNotFound):
        find_model("classifier")


@pytest.mark.one_database
def test_what_people_say_of_it_may_change(register: Register) -> None:
    register("v1", tags=["a"])
    found = describe_version(model_name="classifier", version="v1", description="Good", tags=["c", "b"])
    assert (found.description, found.tags) == ("Good", ["b", "c"])
    assert describe_version(model_name="classifier", version="v1").tags == ["b", "c"]
    model = describe_model(model_name="classifier", description="All", metric_directions={"x": "lower"})
    assert (model.description, model.metric_directions) == ("All", {"x": "lower"})


@pytest.mark.one_database
def test_metrics_are_added_and_never_changed(register: Register) -> None:
    register("v1", metrics={"accuracy": 0.9})
    add_metrics(model_name="classifier", version="v1", metrics={"accuracy": 0.9, "recall": 0.8})
    with pytest.raises(InvalidVersion, match="stays so"):
        add_metrics(model_name="classifier", version="v1", metrics={"accuracy": 0.95})
    assert find_version("classifier").metrics == {"accuracy": 0.9, "recall": 0.8}


def test_hosted_versions_have_a_provider_parameters_and_prices_over_time(root: Path) -> None:
    given: dict[str, Any] = {"model_name": "chat", "provider": "openai", "provider_model": "gpt-4o"}
    before = timezone.now()
    price = Price(input_microusd=2_500_000, output_microusd=10_000_000)
    first = register_hosted_version(version="1", default_parameters={"temperature": 0.2}, price=price, **given)
    assert register_hosted_version(version="1", default_parameters={"temperature": 0.2}, **given).pk == first.pk
    with pytest.raises(VersionExists):
        register_hosted_version(version="1", default_parameters={"temperature": 0.9}, **given)
    found = resolve("chat")
    assert (found.kind, found.provider, found.provider_model) == ("hosted", "openai", "gpt-4o")
    assert found.default_parameters == {"temperature": 0.2}
    cheaper = Price(input_microusd=1, output_microusd=2, cached_input_microusd=0)
    between = timezone.now()
    add_price(model_name="chat", version="1", price=cheaper)
    costs = [price_at(first.pk, at) for at in (before, between, None)]
    assert [cost and cost.input_microusd for cost in costs] == [None, 2_500_000, 1]
    with pytest.raises(InvalidVersion, match="whole number"):
        add_price(model_name="chat", version="1", price=Price(input_microusd=-1, output_microusd=0))


@pytest.mark.one_database
def test_a_version_with_files_has_no_price(register: Register) -> None:
    register("v1")
    with pytest.raises(InvalidVersion, match="only hosted versions"):
        add_price(model_name="classifier", version="v1", price=Price(input_microusd=1, output_microusd=1))


def test_lists_take_the_same_number_of_queries_however_long_they_are(
    register: Register, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        register(f"v{number}", tags=["even"] if number % 2 == 0 else [], metrics={"accuracy": number / 10})
        move_alias(model_name="classifier", alias=f"a{number}", version=f"v{number}")
    with django_assert_num_queries(2):
        (model,) = list_models()
        assert [alias.version.label for alias in model.aliases.all()] == ["v0", "v1", "v2", "v3"]
    assert (model.version_count, model.usable_count, model.default_label) == (4, 4, "v0")  # type: ignore[attr-defined]
    with django_assert_num_queries(3):
        versions = list(list_versions("classifier"))
        assert [[alias.name for alias in version.aliases.all()] for version in versions] == [
            ["a3"],
            ["a2"],
            ["a1"],
            ["a0"],
        ]
    assert [version.label for version in having_tag(list_versions("classifier"), "even")] == ["v2", "v0"]
    assert [point.value for point in metric_series("classifier", "accuracy")] == [0.0, 0.1, 0.2, 0.3]
    with pytest.raises(VersionNotFound):
        find_version("classifier", "v9")


NONSENSE: list[tuple[type[Any], dict[str, Any]]] = [
    (ModelVersion, {"is_default": True}),  # a second one
    (ModelVersion, {"state": "perfect"}),
    (ModelVersion, {"state": "pending"}),  # and yet it has a digest
    (ModelVersion, {"digest": "abc"}),
    (ModelVersion, {"digest": ""}),
    (ModelVersion, {"ready_at": None}),
    (ModelVersion, {"number": 1}),
    (ModelVersion, {"number": 0}),
    (ModelVersion, {"label": "v1"}),
    (ModelVersion, {"label": ""}),
    (ModelVersion, {"kind": "hosted"}),  # without a provider
    (ModelVersion, {"kind": "other"}),
    (ModelVersion, {"provider": "openai"}),  # and has files
    (ModelVersion, {"file_count": 0}),
    (ModelVersion, {"state": "quarantined"}),  # and does not know what it was
    (ModelVersion, {"state_before_quarantine": "ready"}),
    (VersionFile, {"path": "../x"}),
    (VersionFile, {"path": "/x"}),
    (VersionFile, {"path": ""}),
    (Alias, {"name": "default"}),
    (PointerMove, {"to_label": ""}),  # from nothing to nothing
]


def test_the_database_refuses_nonsense(register: Register) -> None:
    register("v1")
    version = register("v2")
    move_alias(model_name="classifier", alias="next", version="v2")
    rows = {
        ModelVersion: ModelVersion.objects.filter(pk=version.pk),
        VersionFile: VersionFile.objects.filter(version=version),
        Alias: Alias.objects.all(),
        PointerMove: PointerMove.objects.filter(from_label="", pointer="next"),
    }
    assert [found.count() for found in rows.values()] == [1, 1, 1, 1]
    assert [(table.__name__, changes) for table, changes in NONSENSE if _takes(rows[table], changes)] == []


def _takes(rows: Any, changes: dict[str, Any]) -> bool:
    try:
        with transaction.atomic():
            rows.update(**changes)
    except IntegrityError:
        return False
    return True


def test_an_archived_version_cannot_be_the_default_in_any_way(register: Register) -> None:
    register("v1")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(state="archived")
    register("v2")
    set_default(model_name="classifier", version="v2")
    archive_version(model_name="classifier", version="v1")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(label="v1").update(is_default=True)


WRITES = {"create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "save", "delete"}


@pytest.mark.one_database
def test_only_the_services_write_the_registrys_tables() -> None:
    """Ready versions are frozen because one package writes, and it has no verb that changes them."""
    tables = {model.__name__ for model in vars(models).values() if isinstance(model, type)}
    for app in ("registry", "orchestration", "monitoring", "web", "config"):
        for path in (ROOT / app).rglob("*.py"):
            if path.is_relative_to(ROOT / "registry" / "services") or "migrations" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
                    written = {name.id for name in ast.walk(node.func) if isinstance(name, ast.Name)}
                    assert not written & tables, f"{path}:{node.lineno} writes a table of the registry"
