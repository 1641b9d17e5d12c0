"""`run()`: an execution carried by the calling process, through the same engine."""

from typing import Any

import pytest

from orchestration.engine import inline
from orchestration.engine.process import identity
from orchestration.models import Execution, Worker
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db(transaction=True)


def run(graph: flow.Graph, **definition: Any) -> Execution:
    version = register_pipeline(pipeline=flow.define(graph, **definition))
    with inline.private_worker() as private:
        execution = execute_pipeline(pipeline_id=version.pipeline_id, input_data={}, private_worker=private.worker_id)
        inline.carry(execution.pk, private)
    assert_sound(execution)
    return flow.reload(execution)


def test_it_runs_to_the_end_without_any_worker() -> None:
    assert run(flow.DIAMOND).status == "completed"


def test_retries_are_waited_for_and_counted() -> None:
    retry = {"initial": 0.01, "max_attempts": 3}
    ended = run(flow.ONE, each={"type": "fail", "parameters": {"times": 2}, "retry": retry})
    assert ended.status == "completed"
    assert flow.row(ended).failures == 2
    assert flow.row(ended).output == {"attempt": 3}


def test_its_worker_row_is_closed_and_does_not_count_as_a_worker() -> None:
    run(flow.ONE)
    assert Worker.objects.get().pool == "inline"
    assert Worker.objects.get().stopped_at is not None


def test_a_process_that_is_no_worker_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.engine.process._identity", None)
    with pytest.raises(RuntimeError, match="start one with: celery -A config worker"):
        identity()
