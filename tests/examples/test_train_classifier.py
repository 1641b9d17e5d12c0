"""`examples/train_classifier.py` as a user runs it, then the pipeline that uses what it registered."""

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from orchestration import Pipeline, PipelineOrchestrator
from orchestration.engine.versions import pipeline_of
from orchestration.selectors.definitions import check_definition
from tests.conftest import WorkEnvironment
from tests.processes import Processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]
EXAMPLES = Path(__file__).parents[2] / "examples"
PIPELINE = (EXAMPLES / "registered_classifier.yaml").read_text()


@pytest.fixture(autouse=True)
def registry_of_the_test(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_registry_path": tmp_path})
    monkeypatch.setattr(sys, "path", [*sys.path])
    pipeline_of.cache_clear()  # each test's version ids begin anew
    yield
    pipeline_of.cache_clear()


def train(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["train_classifier.py", *arguments])
    runpy.run_path(str(EXAMPLES / "train_classifier.py"), run_name="__main__")


def test_a_trained_classifier_is_registered_and_sorts_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "12 documents: 3 legal, 4 financial, 5 technical"
    assert lines[1].startswith("held out, one document at a time: accuracy 0.")
    assert lines[-1].startswith("registered document_classifier:v1 (")
    assert lines[-1].endswith(", the default version")

    invoice = (EXAMPLES / "documents" / "04-invoice-machine-parts.txt").read_text()
    status = PipelineOrchestrator().run(Pipeline.from_yaml(PIPELINE), {"document": {"content": invoice}})
    assert status["output"]["category"] == "financial"
    assert status["tasks"]["sort"]["model"].startswith("registry/document_classifier:v1#")


def test_a_definition_is_checked_without_a_database_too(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(migrated=False)
    checked = processes.run("manage.py", "validate_pipeline", "examples/registered_classifier.yaml", env=env)
    assert checked.returncode == 0, checked.stderr
    assert "could not be looked up: no such table" in checked.stdout + checked.stderr


def test_without_the_trained_model_the_pipeline_says_what_is_missing() -> None:
    (warning,) = check_definition(PIPELINE).warnings
    assert warning.code == "unknown_model"
    assert '"document_classifier" is not a model known here: none is registered under this name' in warning.message
