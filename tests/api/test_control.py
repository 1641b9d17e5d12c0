"""Pausing, resuming and running executions again from Python."""

import asyncio
import os
from typing import Any

import pytest

from common import database_thread
from orchestration import Pipeline, PipelineOrchestrator
from orchestration.callbacks import ExecutionSummary
from orchestration.exceptions import ExecutionNotFound
from orchestration.services.reruns import NothingToReuse, RerunRefused
from tests.engine import flow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("closed_database_thread")]
MISTAKEN = Pipeline(
    {
        "name": "chain",
        "tasks": [
            {"name": "a", "type": "echo", "parameters": {"x": "{input.x}"}},
            {"name": "b", "type": "fail", "parameters": {"message": "no luck"}, "dependencies": ["a"]},
        ],
    }
)
MENDED = Pipeline(
    {"name": "chain", "tasks": [MISTAKEN.to_dict()["tasks"][0], {"name": "b", "type": "echo", "dependencies": ["a"]}]}
)


@pytest.fixture
def orchestrator() -> PipelineOrchestrator:
    return PipelineOrchestrator()


def test_a_paused_execution_waits_and_a_resumed_one_goes_on(orchestrator: PipelineOrchestrator) -> None:
    async def main() -> list[Any]:
        key = await orchestrator.execute_pipeline(orchestrator.register_pipeline(MENDED), {"x": 1})
        return [orchestrator.pause(key, "wait"), orchestrator.get_execution_status(key)["status"],
                orchestrator.resume(key), orchestrator.get_execution_status(key)["status"]]  # fmt: skip

    assert asyncio.run(main()) == [True, "paused", True, "pending"]


@pytest.mark.one_database
def test_what_has_ended_is_neither_paused_nor_resumed(orchestrator: PipelineOrchestrator) -> None:
    key = orchestrator.run(MENDED, {"x": 1})["execution_id"]
    assert (orchestrator.pause(key), orchestrator.resume(key)) == (False, False)


@pytest.mark.one_database
def test_after_a_mistake_is_mended_only_what_has_no_result_runs_again(orchestrator: PipelineOrchestrator) -> None:
    failed = orchestrator.run(MISTAKEN, {"x": 1})["execution_id"]
    orchestrator.register_pipeline(MENDED)
    heard: list[ExecutionSummary] = []
    orchestrator.add_completion_callback(heard.append)
    key = orchestrator.rerun(failed, "failed", version="current", title="mended")
    who = flow.claimant()
    claim = flow.take(who)
    assert claim.name == "b"
    flow.complete(claim, who, {"y": 2})
    status = orchestrator.wait_sync(key, timeout=60)
    assert (status["status"], status["output"]) == ("completed", {"b": {"y": 2}})
    assert status["tasks"]["a"]["output"] == {"x": 1}
    orchestrator._callbacks.look()
    assert [summary.execution_id for summary in heard] == [key]


@pytest.mark.one_database
def test_another_input_can_be_given(orchestrator: PipelineOrchestrator) -> None:
    first = orchestrator.run(MENDED, {"x": 1})["execution_id"]
    again = orchestrator.rerun(first, input_data={"x": 2}, idempotency_key="k")
    assert orchestrator.rerun(first, input_data={"x": 2}, idempotency_key="k") == again
    assert orchestrator.get_execution_status(again)["pipeline_version"] == 1


@pytest.mark.one_database
def test_what_cannot_be_run_again_says_why(orchestrator: PipelineOrchestrator) -> None:
    key = orchestrator.run(MENDED, {"x": 1})["execution_id"]
    with pytest.raises(NothingToReuse) as refused:
        orchestrator.rerun(key, "a")
    assert isinstance(refused.value, RerunRefused)
    assert refused.value.code == "nothing_to_reuse"
    for verb in (orchestrator.pause, orchestrator.resume, orchestrator.rerun):
        with pytest.raises(ExecutionNotFound):
            verb("nonsense")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_database_thread_of_its_own() -> None:
    database_thread._thread.submit(lambda: None).result()
    child = os.fork()
    if child == 0:
        answer = database_thread._thread.submit(lambda: 7).result(timeout=60)
        os._exit(answer)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
