"""The whole life of a model: registered, verified, used by executions, followed by a better one, rolled back."""

import pytest

from orchestration import Pipeline, PipelineOrchestrator
from orchestration.engine import inline
from orchestration.models import TaskAttempt, TaskRun
from orchestration.services.executions import execute_pipeline
from registry.manager import ModelVersionInfo
from registry.services.lifecycle import archive_version
from tests.providers.registered import making
from tests.providers.registered.conftest import Register

pytestmark = pytest.mark.django_db(transaction=True)

GROWERS = ["Anna", "Bruno", "Carla"]
PIPELINE = Pipeline(
    {
        "name": "wines",
        "tasks": [
            {
                "name": "taste",
                "type": "classification",
                "model": "grower",
                "parameters": {"features": "{input.wines}"},
                "retry": {"max_attempts": 1},
            }
        ],
    }
)


@pytest.fixture
def orchestrator() -> PipelineOrchestrator:
    return PipelineOrchestrator()


def add(register: Register, orchestrator: PipelineOrchestrator, version: str, *, strength: float) -> ModelVersionInfo:
    """Registers a wine classifier with its accuracy on wines it has not seen."""
    register(
        making.wine_classifier(strength=strength),
        name="grower",
        version=version,
        metadata={"features": making.wines()[0], "labels": GROWERS, "accuracy": making.wine_accuracy(strength)},
        set_as_default=False,
    )
    return orchestrator.version_manager.get_model_version("grower", version)


def taste(orchestrator: PipelineOrchestrator) -> tuple[list[str], str]:
    """What an execution says of every wine, and the version its task run pinned."""
    _, rows, _ = making.wines()
    status = orchestrator.run(PIPELINE, {"wines": rows})
    assert status["status"] == "completed", status
    task = status["tasks"]["taste"]
    return [result["label"] for result in task["output"]["results"]], task["model"]


def right(labels: list[str]) -> float:
    _, _, growers = making.wines()
    return sum(label == GROWERS[grower] for label, grower in zip(labels, growers, strict=True)) / len(labels)


def test_from_registration_to_rollback(orchestrator: PipelineOrchestrator, register: Register) -> None:
    manager = orchestrator.version_manager
    first = add(register, orchestrator, "v1", strength=0.0005)
    assert manager.verify("grower", "v1")
    labels, model = taste(orchestrator)  # a first version is the default
    assert (model, right(labels) < 0.98) == (f"registry/{first.pin}", True)

    second = add(register, orchestrator, "v2", strength=1.0)
    assert taste(orchestrator)[1] == f"registry/{first.pin}"  # registered is not promoted
    compared = manager.compare_versions("grower", "v1", "v2").as_dict()
    assert [change["verdict"] for change in compared["metrics"]] == ["better"]

    manager.set_default("grower", "v2", expected="v1", reason="more often right")
    labels, model = taste(orchestrator)
    assert (model, right(labels) > 0.98) == (f"registry/{second.pin}", True)

    manager.rollback("grower", reason="a complaint")
    assert taste(orchestrator)[1] == f"registry/{first.pin}"
    answered = TaskRun.objects.filter(name="taste").order_by("pk").values_list("model", flat=True)
    assert [model.partition("#")[0] for model in answered] == [
        "registry/grower:v1",
        "registry/grower:v1",
        "registry/grower:v2",
        "registry/grower:v1",
    ]
    assert set(TaskAttempt.objects.values_list("model", flat=True)) == set(answered)


def test_a_version_archived_after_the_start_fails_the_task_by_name(
    orchestrator: PipelineOrchestrator, register: Register
) -> None:
    for version in ("v1", "v2"):
        add(register, orchestrator, version, strength=1.0)
    orchestrator.register_pipeline(PIPELINE)
    with inline.private_worker() as private:
        execution = execute_pipeline(
            pipeline_id="wines", input_data={"wines": making.wines()[1][:1]}, private_worker=private.worker_id
        )
        orchestrator.version_manager.set_default("grower", "v2")
        archive_version(model_name="grower", version="v1", reason="recalled")
        inline.carry(execution.pk, private)
    error = TaskRun.objects.get(status="failed").error or {}
    assert error["code"] == "model_unavailable"
    assert "grower:v1 is archived; restore it, or use another version (recalled)" in error["message"]
