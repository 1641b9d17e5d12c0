"""The registry in the admin: every row as it stands, and what can be done through the services."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.models import (
    Alias,
    HostedPrice,
    ModelVersion,
    PointerMove,
    RegisteredModel,
    StoredFile,
    VerificationRecord,
    VersionFile,
)
from registry.services.hosted import Price, register_hosted_version
from registry.services.pointers import move_alias
from tests.admin.asking import address_of, address_of_list, do, do_all, listed, text_of, told, tools
from tests.pages.registry.conftest import flip_a_bit
from tests.registry.conftest import Register, make_folder, register, root

__all__ = ["make_folder", "register", "root"]

MODELS = (
    Alias,
    HostedPrice,
    ModelVersion,
    PointerMove,
    RegisteredModel,
    StoredFile,
    VerificationRecord,
    VersionFile,
)


@pytest.fixture
def fill(register: Register) -> Callable[[int], None]:
    """Make so many versions, with aliases, prices and everything that belongs to them."""

    def make(number: int) -> None:
        for _ in range(number):
            label = f"v{ModelVersion.objects.count()}"
            register(label, metadata={"accuracy": 0.9, "long": "x" * 50_000}, tags=["a"], actor="anna")
            move_alias(model_name="classifier", alias=f"a{label}", version=label)
            price = Price(input_microusd=1, output_microusd=2)
            register_hosted_version(
                model_name=f"hosted-{label}", version="v1", provider="openai", provider_model="gpt-4o", price=price
            )

    return make


def test_every_model_of_the_registry_has_a_page() -> None:
    assert {model for model in admin.site._registry if model._meta.app_label == "registry"} == set(MODELS)


def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(boss: Client, fill: Callable[[int], None]) -> None:
    fill(1)
    boss.get(address_of_list(ModelVersion))
    few = {model: count_queries(boss, model) for model in MODELS}
    fill(3)
    assert {model: count_queries(boss, model) for model in MODELS} == few
    assert {model: number for model, number in few.items() if not 0 < number <= 8} == {}


def count_queries(client: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address_of_list(model))
    return len(queries)


def test_every_row_has_a_page_that_nobody_edits(boss: Client, fill: Callable[[int], None]) -> None:
    fill(1)
    for model in MODELS:
        row = model._default_manager.first()
        assert row is not None, model
        page = boss.get(address_of(row))
        assert page.status_code == 200, model
        assert b'name="_save"' not in page.content, model
        assert boss.get(address_of(row).replace("change", "delete")).status_code in (403, 404), model


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_list_asks_for_the_permission_to_view(staff: Callable[..., Client], model: type[Model]) -> None:
    assert staff(name="nobody").get(address_of_list(model)).status_code == 403
    assert staff(f"view_{model._meta.model_name}", name="viewer").get(address_of_list(model)).status_code == 200


def test_a_version_is_found_and_shows_everything(boss: Client, register: Register) -> None:
    made = register("v1", metadata={"accuracy": 0.9, "data": "gold-9"}, actor="anna", description="Sorts")
    assert listed(boss, ModelVersion, q="classifier v1") == [made]
    assert listed(boss, ModelVersion, state__exact="archived") == []
    said = text_of(boss.get(address_of(made)))
    for expected in ("gold-9", made.digest, "Sorts", "anna", "Ready"):
        assert expected in said


def test_the_default_is_set_with_a_reason(boss: Client, register: Register) -> None:
    register("v1")
    second = register("v2")
    assert "Make the default" in tools(boss, second)
    do(boss, second, "make-default", reason="better")
    move = PointerMove.objects.latest("pk")
    assert (move.to_label, move.actor, move.reason) == ("v2", "boss", "better")
    second.refresh_from_db()
    assert "Make the default" not in tools(boss, second)
    do(boss, RegisteredModel.objects.get(), "roll-back", reason="worse")
    assert PointerMove.objects.latest("pk").to_label == "v1"


def test_versions_are_deprecated_together_and_who_may_not_be_is_named(boss: Client, register: Register) -> None:
    rows = [register(label) for label in ("v1", "v2", "v3")]
    do(boss, rows[1], "archive", reason="unused")
    answer = do_all(boss, rows, "deprecate", confirmed="yes", reason="old")
    assert "2\u00a0model versions deprecated." in told(answer)
    assert any("classifier:v2: it is archived" in message for message in told(answer))
    rows[0].refresh_from_db()
    assert rows[0].state_reason == "deprecated by boss: old"


def test_the_default_is_not_archived_and_a_service_that_refuses_is_quoted(boss: Client, register: Register) -> None:
    first, second = register("v1"), register("v2")
    move_alias(model_name="classifier", alias="production", version="v2")
    assert "Archive" not in tools(boss, first)
    assert "while aliases name it" in told(do(boss, second, "archive"))[0]


def test_verifying_finds_damage(boss: Client, register: Register, root: Path) -> None:
    version = register("v1")
    flip_a_bit(version, root)
    do(boss, version, "verify")
    version.refresh_from_db()
    assert version.state == "quarantined"
    assert "Damaged" in text_of(boss.get(address_of_list(VerificationRecord)))


def test_an_alias_is_removed_and_a_version_deleted(boss: Client, register: Register) -> None:
    register("v1")
    second = register("v2")
    move_alias(model_name="classifier", alias="production", version="v2")
    do(boss, Alias.objects.get(), "remove", reason="a test")
    do(boss, second, "delete", reason="a test")
    assert [version.label for version in ModelVersion.objects.all()] == ["v1"]
    assert "it has versions" in str(boss.get(f"{address_of(RegisteredModel.objects.get())[:-7]}_do/delete/").content)


def test_a_verb_asks_for_its_permission(staff: Callable[..., Client], register: Register) -> None:
    version = register("v1")
    viewer = staff("view_modelversion", name="viewer")
    assert tools(viewer, version) == ["Open its page"]
    assert do(viewer, version, "deprecate").status_code == 403
