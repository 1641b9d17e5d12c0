"""Short words for engine tests: start an execution, claim, report, look at rows, make something due.

Owns no rules: everything goes through the services and the store, except that `make_due` moves a stored time back,
since no test waits for a clock.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from orchestration.definition import Pipeline
from orchestration.engine import store
from orchestration.engine.outcomes import Claim, Claimant, Completed, Failed, Hint, Step
from orchestration.handlers.catalog import runnable_task_types
from orchestration.models import Execution, TaskRun, Worker
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline

Graph = Mapping[str, Sequence[str]]

ONE: Graph = {"a": []}
CHAIN: Graph = {"a": [], "b": ["a"], "c": ["b"]}
DIAMOND: Graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
FAN: Graph = {name: [] for name in "abcdefgh"}


def define(
    graph: Graph, *, each: Mapping[str, Any] | None = None, tasks: Mapping[str, Any] | None = None, **config: Any
) -> Pipeline:
    """A pipeline of `echo` tasks; `each` changes all tasks, `tasks` single ones."""
    written = [
        {
            "name": name,
            "type": "echo",
            "dependencies": list(parents),
            **(each or {}),
            **((tasks or {}).get(name) or {}),
        }
        for name, parents in graph.items()
    ]
    return Pipeline({"name": "flow", "tasks": written, **config})


def start(
    graph: Graph = ONE, *, input_data: Any = None, options: Mapping[str, Any] | None = None, **definition: Any
) -> Execution:
    """Register a pipeline and start an execution of it; `options` are those of `execute_pipeline`."""
    version = register_pipeline(pipeline=define(graph, **definition))
    return execute_pipeline(pipeline_id=version.pipeline_id, input_data=input_data or {}, **(options or {}))


def claimant(worker_id: str = "w1", pid: int = 101, **changes: Any) -> Claimant:
    """A process of a worker whose row exists."""
    times = {"started_at": Now(), "heartbeat_at": Now()}
    Worker.objects.get_or_create(
        id=worker_id, defaults={"hostname": "host", "pid": 100, "pool": "prefork", "concurrency": 2, **times}
    )
    known = {"task_types": runnable_task_types(), "name": f"host:{pid}"}
    return Claimant(worker_id=worker_id, pid=pid, **{**known, **changes})


def take(who: Claimant) -> Claim:
    """Claim the oldest claimable task run; there has to be one."""
    claim = store.claim_oldest(who)
    assert claim is not None, "nothing was claimable"
    return claim


def take_task(execution: Execution, name: str, who: Claimant) -> Claim:
    """Claim this very task run."""
    claim = store.claim(hint_of(execution, name), who)
    assert claim is not None, f"{name} was not claimable"
    return claim


def hint_of(execution: Execution, name: str) -> Hint:
    found = row(execution, name)
    return Hint(found.pk, found.token, found.queue)


def complete(claim: Claim, who: Claimant, output: Any = None, *, take_next: bool = False) -> Step:
    return store.record(claim, Completed(output=output or {}), who, take_next=take_next)


def fail(claim: Claim, who: Claimant, *, retryable: bool = False, take_next: bool = False, **outcome: Any) -> Step:
    error = {"code": "broken", "message": "it broke"}
    return store.record(claim, Failed(error, retryable=retryable, **outcome), who, take_next=take_next)


def row(execution: Execution, name: str = "a") -> TaskRun:
    """The task run as the database has it now."""
    return TaskRun.objects.get(execution=execution, name=name)


def statuses(execution: Execution) -> dict[str, str]:
    return {found.name: str(found.status) for found in execution.task_runs.order_by("position")}


def reload(execution: Execution) -> Execution:
    return Execution.objects.get(pk=execution.pk)


def make_due(execution: Execution, column: str, name: str | None = None) -> None:
    """Move a stored time into the past: of a task run, or without a name of the execution."""
    past = {column: Now() - timedelta(seconds=60)}
    if name is None:
        Execution.objects.filter(pk=execution.pk).update(**past)
    else:
        TaskRun.objects.filter(execution=execution, name=name).update(**past)


def event_kinds(execution: Execution) -> list[str]:
    return [f"{event.kind} {event.task_name}".strip() for event in execution.events.order_by("id")]
