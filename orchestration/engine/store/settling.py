"""Settle: what became of a task run that waited for a person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from common.resilience import retried
from orchestration.engine.outcomes import Completed, Failed, Hint
from orchestration.engine.store.ledger import NO_ATTEMPT, Ledger
from orchestration.engine.store.moves import complete, fail_for_good, hint_others, under_lock
from orchestration.models import TaskRun
from orchestration.states import TaskRunStatus

S = TaskRunStatus


@retried
def settle(task_run_id: int, review_id: UUID, outcome: Completed | Failed, *, said: Mapping[str, Any]) -> list[Hint]:
    """End a task run that waits for this review, and advance its execution; one that does not is left as it is.

    `said` is kept in the execution's history: what was decided, and by whom.
    """

    def act(ledger: Ledger, task_run: TaskRun) -> None:
        ledger.say("task.decided", task_run.name, review=str(review_id), **said)
        if isinstance(outcome, Completed):
            hint_others(ledger, complete(ledger, task_run, outcome), None)
            return
        status = S.TIMED_OUT if outcome.timed_out else S.FAILED
        fail_for_good(ledger, task_run, status, outcome.error, output=None, **NO_ATTEMPT)

    return under_lock(task_run_id, act, Q(status=S.WAITING, review_id=review_id))
