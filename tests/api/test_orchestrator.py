"""`PipelineOrchestrator` as programs use it, with and without a running event loop."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection

import tests.sample_handlers  # noqa: F401  # registers the task types used here
from orchestration import OrchestrationConfig, Pipeline, PipelineOrchestrator, callbacks
from orchestration.callbacks import CallbackWatcher, ExecutionSummary
from orchestration.engine import process
from orchestration.exceptions import (
    BrokerMismatch,
    ExecutionFailed,
    ExecutionNotFound,
    IdempotencyConflict,
    InvalidInput,
    PipelineNotFound,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("closed_database_thread")]

ECHO = Pipeline({"name": "echo_it", "tasks": [{"name": "say", "type": "echo", "parameters": {"x": "{input.x}"}}]})
FAILS = Pipeline({"name": "fails", "tasks": [{"name": "say", "type": "fail", "parameters": {"message": "no luck"}}]})


@pytest.fixture
def orchestrator() -> PipelineOrchestrator:
    return PipelineOrchestrator()


@pytest.fixture
def background_worker(orchestrator: PipelineOrchestrator) -> Iterator[None]:
    """Something that works on executions, as a worker's child does, on a thread of its own."""
    from django.db.models.functions import Now

    from orchestration.engine import runner, store
    from orchestration.handlers.catalog import runnable_task_types
    from orchestration.models import Worker

    stop = threading.Event()
    identity = process.Identity(task_types=runnable_task_types())
    Worker.objects.create(
        id=identity.worker_id,
        hostname="here",
        pid=1,
        pool="threads",
        concurrency=1,
        started_at=Now(),
        heartbeat_at=Now(),
    )

    def work() -> None:
        claimant = identity.claimant()
        while not stop.is_set():
            runner.work_on(store.claim_oldest(claimant), claimant)
            stop.wait(0.01)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_registering_the_same_pipeline_twice_changes_nothing(orchestrator: PipelineOrchestrator) -> None:
    assert orchestrator.register_pipeline(ECHO, "mine") == "mine"
    assert orchestrator.register_pipeline(ECHO, "mine") == "mine"
    execution_id = orchestrator.execute_pipeline_sync("mine", {"x": 1})
    assert orchestrator.get_execution_status(execution_id)["pipeline_version"] == 1


def test_another_definition_becomes_the_next_version_and_old_executions_keep_theirs(
    orchestrator: PipelineOrchestrator,
) -> None:
    orchestrator.register_pipeline(ECHO, "mine")
    old = orchestrator.execute_pipeline_sync("mine", {"x": 1})
    orchestrator.register_pipeline(FAILS, "mine")
    new = orchestrator.execute_pipeline_sync("mine", {"x": 1})
    assert [orchestrator.get_execution_status(each)["pipeline_version"] for each in (old, new)] == [1, 2]
    assert (
        orchestrator.get_execution_status(orchestrator.execute_pipeline_sync("mine", {"x": 1}, version=1))[
            "pipeline_name"
        ]
        == "echo_it"
    )


def test_run_needs_no_worker(orchestrator: PipelineOrchestrator) -> None:
    status = orchestrator.run(ECHO, {"x": {"deep": [1, None]}})
    assert status["status"] == "completed"
    assert status["output"] == {"say": {"x": {"deep": [1, None]}}}


def test_a_status_is_json(orchestrator: PipelineOrchestrator) -> None:
    status = orchestrator.run(ECHO, {"x": "\ud800\x00"})
    assert json.loads(json.dumps(status))["output"]["say"]["x"] == "\ud800\x00"


@pytest.mark.one_database
def test_a_failed_run_says_which_task_and_why(orchestrator: PipelineOrchestrator) -> None:
    status = orchestrator.run(FAILS, {})
    assert status["status"] == "failed"
    assert status["error"] == {"code": "task_failed", "message": "no luck", "task": "say"}


@pytest.mark.usefixtures("background_worker")
def test_it_works_inside_a_running_event_loop(orchestrator: PipelineOrchestrator) -> None:
    async def main() -> list[Any]:
        orchestrator.register_pipeline(ECHO)
        execution_id = await orchestrator.execute_pipeline(pipeline_id="echo_it", input_data={"x": 1})
        waited = await orchestrator.wait(execution_id, timeout=60)
        return [waited["status"], orchestrator.get_execution_status(execution_id)["output"]]

    assert asyncio.run(main()) == ["completed", {"say": {"x": 1}}]


@pytest.mark.usefixtures("background_worker")
def test_watch_tells_what_happens_until_the_end(orchestrator: PipelineOrchestrator) -> None:
    async def main() -> list[str]:
        orchestrator.register_pipeline(ECHO)
        execution_id = await orchestrator.execute_pipeline("echo_it", {"x": 1})
        return [event["kind"] async for event in orchestrator.watch(execution_id)]

    assert asyncio.run(main()) == [
        "execution.created",
        "execution.started",
        "task.started",
        "task.completed",
        "execution.completed",
    ]


@pytest.mark.one_database
def test_waiting_ends_at_its_timeout_and_leaves_the_execution_alone(orchestrator: PipelineOrchestrator) -> None:
    orchestrator.register_pipeline(ECHO)
    execution_id = orchestrator.execute_pipeline_sync("echo_it", {"x": 1})
    with pytest.raises(TimeoutError):
        orchestrator.wait_sync(execution_id, timeout=0.1)
    with pytest.raises(TimeoutError):
        asyncio.run(orchestrator.wait(execution_id, timeout=0.1))
    status = orchestrator.get_execution_status(execution_id)
    assert status["status"] == "pending"
    assert status["reason"] == "no worker is running; start one with: celery -A config worker"


@pytest.mark.one_database
def test_cancelling_is_at_once_and_once(orchestrator: PipelineOrchestrator) -> None:
    orchestrator.register_pipeline(ECHO)
    execution_id = orchestrator.execute_pipeline_sync("echo_it", {"x": 1})
    assert orchestrator.cancel(execution_id, "changed my mind")
    assert not orchestrator.cancel(execution_id)
    status = orchestrator.get_execution_status(execution_id)
    assert (status["status"], status["error"]["message"]) == ("cancelled", "changed my mind")


@pytest.mark.one_database
def test_of_executions_nobody_asked_about_only_the_newest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "MOST_REMEMBERED", 3)
    watcher, started = CallbackWatcher(), [uuid4() for _ in range(10)]
    for execution_id in started:
        watcher.watch(execution_id)
    assert list(watcher._watched) == started[-3:]


@pytest.mark.one_database
@pytest.mark.usefixtures("background_worker")
def test_callbacks_fire_once_for_each_execution_even_when_one_of_them_raises(
    orchestrator: PipelineOrchestrator,
) -> None:
    heard: list[tuple[str, ExecutionSummary]] = []
    both = threading.Barrier(2, timeout=60)

    def complain(execution: ExecutionSummary) -> None:
        raise RuntimeError("a bad callback")

    def completed(execution: ExecutionSummary) -> None:
        heard.append(("completion", execution))
        if execution.status == "completed":
            both.wait()

    def failed(execution: ExecutionSummary) -> None:
        heard.append(("error", execution))
        both.wait()

    orchestrator.add_completion_callback(complain)
    orchestrator.add_completion_callback(completed)
    orchestrator.add_error_callback(failed)
    for pipeline in (ECHO, FAILS):
        orchestrator.register_pipeline(pipeline)
        orchestrator.execute_pipeline_sync(pipeline.name, {"x": 1})
        both.wait()
    said = [(kind, execution.pipeline_name, execution.status, execution.error) for kind, execution in heard]
    assert said == [
        ("completion", "echo_it", "completed", None),
        ("completion", "fails", "failed", "no luck"),
        ("error", "fails", "failed", "no luck"),
    ]


@pytest.mark.one_database
def test_waiting_for_success_raises_when_it_failed(orchestrator: PipelineOrchestrator) -> None:
    execution_id = orchestrator.run(FAILS, {})["execution_id"]
    with pytest.raises(ExecutionFailed, match="no luck"):
        orchestrator.wait_sync(execution_id, raise_on_failure=True)


def test_the_same_idempotency_key_is_the_same_execution(orchestrator: PipelineOrchestrator) -> None:
    orchestrator.register_pipeline(ECHO)
    first = orchestrator.execute_pipeline_sync("echo_it", {"x": 1}, idempotency_key="k")
    assert orchestrator.execute_pipeline_sync("echo_it", {"x": 1}, idempotency_key="k") == first
    with pytest.raises(IdempotencyConflict, match="another input"):
        orchestrator.execute_pipeline_sync("echo_it", {"x": 2}, idempotency_key="k")


@pytest.mark.one_database
def test_unknown_names_get_a_suggestion(orchestrator: PipelineOrchestrator) -> None:
    orchestrator.register_pipeline(ECHO)
    with pytest.raises(PipelineNotFound, match='did you mean "echo_it"'):
        orchestrator.execute_pipeline_sync("echo-it", {})
    with pytest.raises(PipelineNotFound, match="has no version 7"):
        orchestrator.execute_pipeline_sync("echo_it", {}, version=7)
    with pytest.raises(ExecutionNotFound):
        orchestrator.get_execution_status("nonsense")


@pytest.mark.one_database
def test_input_that_does_not_fit_the_schema_is_refused_with_every_place(orchestrator: PipelineOrchestrator) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "string"}}, "required": ["x"]}
    orchestrator.register_pipeline(Pipeline(ECHO.to_dict() | {"inputs": schema}))
    with pytest.raises(InvalidInput) as caught:
        orchestrator.execute_pipeline_sync("echo_it", {"x": "one", "y": 2})
    assert [pointer for pointer, _ in caught.value.problems] == ["/x", "/y"]


@pytest.mark.one_database
def test_inputs_may_be_written_in_the_short_form(orchestrator: PipelineOrchestrator) -> None:
    orchestrator.register_pipeline(Pipeline(ECHO.to_dict() | {"inputs": {"x": "integer", "note": "string?"}}))
    with pytest.raises(InvalidInput, match="/x"):
        orchestrator.execute_pipeline_sync("echo_it", {"x": "one"})
    assert orchestrator.execute_pipeline_sync("echo_it", {"x": 1})


@pytest.mark.one_database
def test_a_celery_app_of_another_broker_is_refused() -> None:
    with pytest.raises(BrokerMismatch, match="another broker"):
        PipelineOrchestrator(celery_app=Celery("mine", broker="redis://elsewhere/1", set_as_current=False))


@pytest.mark.one_database
def test_a_celery_app_of_the_configured_broker_is_accepted() -> None:
    url = OrchestrationConfig.from_env().celery_broker_url
    assert url == settings.ORCHESTRATION.celery_broker_url
    PipelineOrchestrator(celery_app=Celery("mine", broker=url, set_as_current=False))


@pytest.mark.one_database
def test_a_redis_client_that_does_not_answer_is_ignored_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=1)
    assert PipelineOrchestrator(redis_client=client).redis_client is None
    assert [record.levelname for record in caplog.records if "redis_client" in record.message] == ["WARNING"]


@pytest.mark.one_database
def test_run_refuses_to_block_an_event_loop(orchestrator: PipelineOrchestrator) -> None:
    async def main() -> None:
        orchestrator.run(ECHO, {})

    with pytest.raises(RuntimeError, match="to_thread"):
        asyncio.run(main())
