"""The state machine: which moves there are, and that nothing else moves a row."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from orchestration.engine import store
from orchestration.engine.outcomes import Claim, Completed, Hint
from orchestration.engine.store.ledger import Ledger
from orchestration.exceptions import IllegalMove
from orchestration.models import Execution, TaskRun
from orchestration.states import OPEN_TASK_RUN, TASK_RUN_MOVES, TERMINAL_TASK_RUN, TaskRunStatus
from tests.engine import flow
from tests.engine.soundness import assert_sound

S = TaskRunStatus
# As the architecture says it.
MOVES = {
    "pending": "queued skipped cancelled",
    "queued": "running cancelled timed_out",
    "running": "completed failed retrying waiting queued timed_out cancelled",
    "retrying": "queued cancelled timed_out",
    "waiting": "queued completed failed cancelled timed_out",
}
ILLEGAL = [(before, after) for before in S for after in S if after.value not in MOVES.get(before, "").split()]


def test_the_moves_are_those_of_the_architecture() -> None:
    assert {before.value: set(after) for before, after in TASK_RUN_MOVES.items() if after} == {
        before: set(after.split()) for before, after in MOVES.items()
    }


def test_a_status_is_either_open_or_final() -> None:
    assert set(OPEN_TASK_RUN) | set(TERMINAL_TASK_RUN) == set(S)
    assert set(OPEN_TASK_RUN).isdisjoint(TERMINAL_TASK_RUN)


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_an_illegal_move_is_refused_before_anything_is_written(before: S, after: S) -> None:
    ledger = Ledger(Execution(status="running", open_task_runs=1), timezone.now())
    with pytest.raises(IllegalMove, match=f"cannot go from {before} to {after}$"):
        ledger.move(TaskRun(pk=1, name="a", status=before), after)
    assert ledger.execution.open_task_runs == 1


# What the store's verbs do to a row they do not apply to: nothing -----------------------------------------------------


def _running() -> Execution:
    execution = flow.start(flow.CHAIN)
    flow.take(flow.claimant())
    return execution


def _after_report(**outcome: Any) -> Execution:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    flow.fail(flow.take(who), who, **outcome)
    return execution


def _completed() -> Execution:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    flow.complete(flow.take(who), who)
    return execution


def _cancelled() -> Execution:
    execution = _running()
    store.cancel(execution.pk)
    return execution


# status → (how an execution gets there, the task that has it then)
SITUATIONS: dict[S, tuple[Callable[[], Execution], str]] = {
    S.PENDING: (_running, "b"),
    S.QUEUED: (lambda: flow.start(flow.CHAIN, each={"queue_timeout": 600}), "a"),
    S.RUNNING: (_running, "a"),
    S.RETRYING: (lambda: _after_report(retryable=True, delay_seconds=60), "a"),
    S.COMPLETED: (_completed, "a"),
    S.FAILED: (_after_report, "a"),
    S.SKIPPED: (_after_report, "b"),
    S.CANCELLED: (_cancelled, "a"),
    S.TIMED_OUT: (lambda: _after_report(timed_out=True), "a"),
}


def _record(row: TaskRun) -> None:
    claim = Claim(
        row.pk, row.token, row.execution_id, row.execution.version_id, row.name, "", 0, 1, timezone.now(), 1, ""
    )
    store.record(claim, Completed({}), flow.claimant(), take_next=False)


# verb → (the call, the only statuses it changes; a late report empties a cancelled row's columns of the attempt)
VERBS: dict[str, tuple[Callable[[TaskRun], object], set[S]]] = {
    "claim": (lambda row: store.claim(Hint(row.pk, row.token, ""), flow.claimant("w2")), {S.QUEUED}),
    "record": (_record, {S.RUNNING, S.CANCELLED}),
    "hand_back": (lambda row: store.hand_back(row.pk, "w1"), {S.RUNNING}),
    "lose_worker": (lambda row: store.lose_worker(row.pk, row.token, message="gone"), {S.RUNNING}),
    "time_out_attempt": (lambda row: store.time_out_attempt(row.pk, row.token, delay_seconds=0), {S.RUNNING}),
    "release_retry": (lambda row: store.release_retry(row.pk), {S.RETRYING}),
    "time_out_queued": (lambda row: store.time_out_queued(row.pk), {S.QUEUED}),
    "renew_hint": (lambda row: store.renew_hint(row.pk), {S.QUEUED}),
    "forget_attempt": (lambda row: store.forget_attempt(row.pk, "w1"), {S.CANCELLED}),
    "forget_hints": (lambda row: store.forget_hints([Hint(row.pk, row.token, "")]), {S.QUEUED}),
}
APPLIES = [(verb, status) for verb, (_, changed) in VERBS.items() for status in sorted(changed)]
APPLIES_NOT = [(verb, status) for verb, (_, changed) in VERBS.items() for status in SITUATIONS if status not in changed]
DUE = ("not_before", "queue_deadline_at", "lease_expires_at")


def _call(verb: str, status: S) -> tuple[Execution, object, object]:
    """Call a verb on a row of this status, everything of it being due; the rows before and after."""
    arrive, name = SITUATIONS[status]
    execution = arrive()
    row = flow.row(execution, name)
    assert row.status == status
    for column in DUE:
        if getattr(row, column) is not None:
            flow.make_due(execution, column, name)
    if verb == "forget_hints":
        store.renew_hint(row.pk)  # there has to be one
    before = _rows(execution)
    VERBS[verb][0](flow.row(execution, name))
    return execution, before, _rows(execution)


def _rows(execution: Execution) -> object:
    return list(Execution.objects.filter(pk=execution.pk).values()), list(execution.task_runs.values())


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "status"), APPLIES_NOT)
def test_a_verb_changes_nothing_of_a_row_it_does_not_apply_to(verb: str, status: S) -> None:
    _, before, after = _call(verb, status)
    assert after == before


@pytest.mark.django_db
@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize(("verb", "status"), APPLIES)
def test_a_verb_changes_a_row_it_applies_to(verb: str, status: S) -> None:
    execution, before, after = _call(verb, status)
    assert after != before
    if verb != "forget_hints":
        assert_sound(execution)


@pytest.mark.django_db
@pytest.mark.parametrize("end", [store.cancel, store.time_out_execution, store.abandon])
def test_an_execution_that_ended_cannot_end_again(end: Callable[..., bool]) -> None:
    execution = flow.start()
    who = flow.claimant()
    flow.complete(flow.take(who), who)
    flow.make_due(execution, "deadline_at")
    before = _rows(execution)
    assert end(execution.pk) is False
    assert _rows(execution) == before
