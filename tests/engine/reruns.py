"""Executions that have ended, run again, in tests, with everything checked afterwards."""

from collections.abc import Collection
from typing import Any

from orchestration.engine import store
from orchestration.models import Execution
from orchestration.selectors.invariants import broken_invariants
from orchestration.services.executions import rerun_execution
from tests.engine import flow, soundness


def assert_sound(execution: Execution) -> None:
    """As `soundness` has it, but that a reused task run has no attempt."""
    fresh = flow.reload(execution)
    rows = {row.name: row for row in fresh.task_runs.prefetch_related("attempts")}
    soundness._assert_counters(fresh, rows)
    soundness._assert_status(fresh, rows)
    for row in rows.values():
        soundness._assert_row(fresh, row, rows)
        if row.name in reused_in(execution):
            assert (list(row.attempts.all()), row.started_at, row.usage, row.failures, row.crashes) == (
                [], None, None, 0, 0
            )  # fmt: skip
        else:
            soundness._assert_attempts(row)
    assert not broken_invariants()


def reused_in(execution: Execution) -> dict[str, str]:
    """Task → the execution that made its result."""
    events = execution.events.filter(kind="task.reused").order_by("id")
    return {event.task_name: event.details["execution_id"] for event in events}


def work_off(execution: Execution, failing: Collection[str] = (), output: Any = None) -> list[str]:
    """Run all that is claimable; the tasks in the order in which they ran."""
    who, ran = flow.claimant(), []
    while claim := store.claim_oldest(who):
        assert claim.execution_id == execution.pk
        ran.append(claim.name)
        flow.fail(claim, who) if claim.name in failing else flow.complete(claim, who, output or {"by": claim.name})
    return ran


def ended(graph: flow.Graph, failing: Collection[str] = (), output: Any = None, **start: Any) -> Execution:
    """An execution that has ended; the named tasks failed."""
    execution = flow.start(graph, **start)
    work_off(execution, failing, output)
    return flow.reload(execution)


def rerun(execution: Execution, from_task: str | None = None, **options: Any) -> Execution:
    made = rerun_execution(execution_id=execution.pk, from_task=from_task, **options)
    assert_sound(made)
    return made
