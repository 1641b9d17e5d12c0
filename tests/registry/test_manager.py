"""`orchestrator.version_manager`: the registry from Python, with and without a running event loop."""

import asyncio
from pathlib import Path

import pytest
from django.db import connection

from common.database_thread import run_in_database_thread
from registry.exceptions import VersionUnusable
from registry.manager import ModelVersionManager
from registry.services.hosted import Price
from tests.registry.conftest import MakeFolder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("root"), pytest.mark.one_database]


@pytest.fixture
def manager(make_folder: MakeFolder) -> ModelVersionManager:
    made = ModelVersionManager()
    for number, accuracy in ((1, 0.9), (2, 0.95)):
        folder = make_folder({"model.onnx": f"weights {number}"}, f"source-{number}")
        made.register_model("classifier", f"v{number}", folder, {"accuracy": accuracy}, ["test"])
    return made


def test_the_life_of_two_versions(manager: ModelVersionManager) -> None:
    assert manager.get_model_version("classifier").version == "v1"
    report = manager.compare_versions("classifier", "v1", "v2")
    assert [(metric.name, metric.verdict) for metric in report.metrics] == [("accuracy", "better")]
    assert manager.set_default("classifier", "v2", expected="v1", reason="better").is_default
    assert manager.set_alias("classifier", "stable", "v1").aliases == ("stable",)
    assert manager.aliases("classifier") == {"stable": "v1"}
    assert manager.rollback("classifier").version == "v1"
    assert [move["to_label"] for move in manager.history("classifier")] == ["v1", "v1", "v2", "v1"]
    assert manager.verify("classifier", "v2")
    assert [version.version for version in manager.list_versions("classifier")] == ["v2", "v1"]


def test_a_version_for_use_has_its_files_at_hand(manager: ModelVersionManager) -> None:
    found = manager.get_model_version("classifier", 2)
    assert isinstance(found.path, Path)
    assert (found.path / "model.onnx").read_text() == "weights 2"
    manager.deprecate("classifier", "v2")
    manager.archive("classifier", "v2", reason="done")
    with pytest.raises(VersionUnusable, match="done"):
        manager.get_model_version("classifier", "v2")
    assert manager.restore("classifier", "v2").state == "ready"


def test_a_hosted_model_has_no_path(manager: ModelVersionManager) -> None:
    price = Price(input_microusd=1, output_microusd=2)
    manager.register_hosted_model("chat", "1", "openai", "gpt-4o", {"temperature": 0}, price=price)
    found = manager.get_model_version("chat")
    assert (found.path, found.provider, found.default_parameters) == (None, "openai", {"temperature": 0})


def test_a_running_event_loop_is_no_obstacle(manager: ModelVersionManager) -> None:
    async def ask() -> str:
        version = manager.get_model_version("classifier").version
        # That thread has a connection of its own, which would outlive the test's database.
        await run_in_database_thread(lambda: connection.close())
        return version

    assert asyncio.run(ask()) == "v1"
