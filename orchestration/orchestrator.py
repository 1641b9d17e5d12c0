"""`PipelineOrchestrator`, the Python face of the product: every method calls the verb that pages and commands call.

Methods work with and without a running event loop; database work then happens on one dedicated thread.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from celery import Celery
from django.apps import apps
from django.conf import settings

from common.database_thread import in_database_thread, run_in_database_thread
from common.errors import DatabaseNotReady
from common.schema import NO_TABLES, has_tables
from orchestration.cache.facade import ResultCache
from orchestration.callbacks import Callback, CallbackWatcher
from orchestration.definition import Pipeline, PipelineConfig
from orchestration.engine import inline
from orchestration.exceptions import BrokerMismatch, ExecutionFailed
from orchestration.handlers import catalog
from orchestration.handlers.base import Handler
from orchestration.pacing import pauses
from orchestration.selectors.events import events_after
from orchestration.selectors.executions import execution_status, find_execution, has_ended
from orchestration.services.executions import (
    cancel_execution,
    execute_pipeline,
    pause_execution,
    rerun_execution,
    resume_execution,
)
from orchestration.services.pipelines import register_pipeline
from orchestration.waiting import wait_for_end
from registry.manager import ModelVersionManager
from reviews.manager import HumanLoopManager

if TYPE_CHECKING:
    from redis import Redis

Definition = Mapping[str, Any] | PipelineConfig

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05


class TaskTypes:
    """`orchestrator.task_manager.task`"""

    def register_task_handler(self, name: str, handler: Handler) -> None:
        """Make `type: <name>` run `handler(task_config, input_data, context) -> dict`."""
        catalog.register_task_handler(name, handler)


class TaskManager:
    """`orchestrator.task_manager`"""

    def __init__(self) -> None:
        self.task = TaskTypes()


class PipelineOrchestrator:
    """Registers pipelines, executes them, and tells how they stand.

    `celery_app` only publishes wake-ups and must name the configured broker (raises `BrokerMismatch`); a `redis_client`
    that does not answer is ignored with a warning. Both are optional. Raises `DatabaseNotReady` before `migrate` ran.
    """

    def __init__(self, celery_app: Celery | None = None, redis_client: "Redis | None" = None) -> None:
        _check_database()
        self._celery_app = _checked_app(celery_app)
        self.redis_client = _checked_redis(redis_client)
        self.task_manager = TaskManager()
        self.cache = ResultCache()
        self.version_manager = ModelVersionManager()
        self.human_loop_manager = HumanLoopManager()
        self._callbacks = CallbackWatcher()

    @cached_property
    def monitor(self) -> Any:
        """`monitoring.manager.Monitor`: metrics, alert rules, health. Of the floor above, so its app hands it out."""
        return apps.get_app_config("monitoring").make_monitor()  # type: ignore[attr-defined]

    # Pipelines

    @in_database_thread
    def register_pipeline(self, pipeline: Pipeline | Definition, pipeline_id: str | None = None) -> str:
        """Make `pipeline` what executions of `pipeline_id` (default: its name) run; returns the id. Idempotent.

        A dict is checked first. Raises `DefinitionError`, `InvalidArgument`.
        """
        checked = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        return str(register_pipeline(pipeline=checked, pipeline_id=pipeline_id).pipeline_id)

    # Executions

    async def execute_pipeline(self, pipeline_id: str, input_data: Any, **options: Any) -> str:
        """Start an execution; returns its id as soon as it is written down. Options: see `execute_pipeline_sync`."""
        return await run_in_database_thread(self._execute, pipeline_id, input_data, **options)

    @in_database_thread
    def execute_pipeline_sync(self, pipeline_id: str, input_data: Any, **options: Any) -> str:
        """The same without `await`. Options: `version` (number), `idempotency_key`, `labels`, `title`.

        Raises `PipelineNotFound`, `InvalidInput`, `InvalidArgument`, `UnknownModel`, `IdempotencyConflict`.
        """
        return self._execute(pipeline_id, input_data, **options)

    def _execute(self, pipeline_id: str, input_data: Any, **options: Any) -> str:
        execution = execute_pipeline(
            pipeline_id=pipeline_id, input_data=input_data, celery_app=self._celery_app, **options
        )
        self._callbacks.watch(execution.pk)
        return str(execution.pk)

    @in_database_thread
    def get_execution_status(self, execution_id: str) -> dict[str, Any]:
        """How an execution stands, JSON-serialisable: `status`, `output`, `tasks` … Raises `ExecutionNotFound`."""
        return execution_status(execution_id)

    @in_database_thread
    def cancel(self, execution_id: str, reason: str = "") -> bool:
        """Cancel at once; False when it had already ended. Raises `ExecutionNotFound`."""
        return cancel_execution(execution_id=find_execution(execution_id).pk, reason=reason)

    @in_database_thread
    def pause(self, execution_id: str, reason: str = "") -> bool:
        """Let what runs finish and start nothing new; False when it had already ended. Raises `ExecutionNotFound`."""
        return pause_execution(execution_id=find_execution(execution_id).pk, reason=reason)

    @in_database_thread
    def resume(self, execution_id: str) -> bool:
        """Let a paused execution go on; False when it had already ended. Raises `ExecutionNotFound`."""
        return resume_execution(execution_id=find_execution(execution_id).pk)

    @in_database_thread
    def rerun(self, execution_id: str, from_task: str | None = None, **options: Any) -> str:
        """Start a new execution of what an earlier one ran; returns its id.

        `from_task` reuses results: "failed" runs only what has none, a task's name runs that task and all after it.
        Options: `input_data`, `version` (a number or "current"), `title`, `idempotency_key`.

        Raises what `execute_pipeline_sync` does, `ExecutionNotFound`, and the kinds of `RerunRefused`.
        """
        source = find_execution(execution_id)
        execution = rerun_execution(execution_id=source.pk, from_task=from_task, celery_app=self._celery_app, **options)
        self._callbacks.watch(execution.pk)
        return str(execution.pk)

    async def wait(
        self, execution_id: str, timeout: float | None = None, *, raise_on_failure: bool = False
    ) -> dict[str, Any]:
        """Wait until an execution has ended; returns its status. Raises `TimeoutError`, `ExecutionNotFound`."""
        async with asyncio.timeout(timeout):
            for pause in pauses():
                if await run_in_database_thread(has_ended, execution_id):
                    break
                await asyncio.sleep(pause)
        return _checked_status(await run_in_database_thread(execution_status, execution_id), raise_on_failure)

    def wait_sync(
        self, execution_id: str, timeout: float | None = None, *, raise_on_failure: bool = False
    ) -> dict[str, Any]:
        """`wait` without `await`."""
        if not wait_for_end(execution_id, timeout):
            raise TimeoutError(f"execution {execution_id} has not ended after {timeout:g} s")
        return _checked_status(self.get_execution_status(execution_id), raise_on_failure)

    async def watch(self, execution_id: str) -> AsyncIterator[dict[str, Any]]:
        """What happens in an execution, as it happens (`id kind task at details`), until it has ended."""
        last = 0
        while True:
            ended = (await run_in_database_thread(find_execution, execution_id)).is_terminal
            for event in await run_in_database_thread(events_after, execution_id, last):
                last = event["id"]
                yield event
            if ended:
                return
            await asyncio.sleep(POLL_SECONDS)

    def run(self, pipeline: Pipeline | Definition | str, input_data: Any, **options: Any) -> dict[str, Any]:
        """Execute a pipeline, a dict or a registered id in this process, with no worker; returns its final status.

        Through the same engine: durable, retried, timed out. Tasks run one after another in the calling thread, so
        inside a running event loop use `await asyncio.to_thread(orchestrator.run, …)`.
        """
        _refuse_running_loop()
        pipeline_id = pipeline if isinstance(pipeline, str) else self.register_pipeline(pipeline)
        with inline.private_worker() as identity:
            execution = execute_pipeline(
                pipeline_id=pipeline_id, input_data=input_data, private_worker=identity.worker_id, **options
            )
            self._callbacks.watch(execution.pk)
            try:
                inline.carry(execution.pk, identity)
            except KeyboardInterrupt:
                cancel_execution(execution_id=execution.pk, reason="interrupted from the keyboard")
                raise
        self._callbacks.look()
        return execution_status(execution.pk)

    # Callbacks

    def add_completion_callback(self, callback: Callback) -> None:
        """Call `callback(execution)` in this process when an execution started here has ended, however it ended."""
        self._callbacks.add_completion_callback(callback)

    def add_error_callback(self, callback: Callback) -> None:
        """Call `callback(execution)` in this process when an execution started here has failed or timed out."""
        self._callbacks.add_error_callback(callback)


@in_database_thread
def _check_database() -> None:
    if not has_tables():
        raise DatabaseNotReady(NO_TABLES)


def _checked_app(app: Celery | None) -> Celery | None:
    configured = settings.ORCHESTRATION.celery_broker_url
    if app is not None and app.conf.broker_url != configured:
        raise BrokerMismatch(
            f"the Celery app {app.main!r} publishes to another broker than the workers listen to. "
            "Give it OrchestrationConfig.from_env().celery_broker_url, or set CELERY_BROKER_URL."
        )
    return app


def _checked_redis(client: "Redis | None") -> "Redis | None":
    if client is None:
        return None
    from redis.exceptions import RedisError

    try:
        client.ping()
    except (RedisError, OSError) as error:
        logger.warning("The redis_client does not answer (%s); going on without it", error)
        return None
    return client


def _checked_status(status: dict[str, Any], raise_on_failure: bool) -> dict[str, Any]:
    if raise_on_failure and status["status"] != "completed":
        message = (status["error"] or {}).get("message", "")
        raise ExecutionFailed(f"execution {status['execution_id']} is {status['status']}: {message}")
    return status


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("run() would block the running event loop; use: await asyncio.to_thread(orchestrator.run, …)")
