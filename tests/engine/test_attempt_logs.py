"""What a handler logs is kept with its attempt, in the transaction that records it; a silent one writes nothing."""

import logging
from typing import Any

import pytest

from common.log_context import MOST_LINES
from orchestration.engine import runner, store
from orchestration.engine.scope import StoredValues
from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import register_task_handler
from orchestration.models import AttemptLog
from orchestration.services.executions import cancel_execution
from tests.engine import flow

pytestmark = pytest.mark.django_db


def carry(lines: int, *, fails: bool = False) -> None:
    def talk(task: Any, data: Any, context: Any) -> dict[str, Any]:
        for number in range(lines):
            logging.getLogger("orchestration.test").warning("line %d \x00", number)
        if fails:
            raise ValueError("odd")
        return {}

    register_task_handler("talk", talk)
    who = flow.claimant()
    flow.start({"a": []}, each={"type": "talk", "retry": {"max_attempts": 1}})
    claim = flow.take(flow.claimant())
    outcome = runner.run_attempt(claim, StoredValues(claim.execution_id, claim.stored_input))
    runner.record(claim, outcome, who, take_next=False)


@pytest.mark.parametrize("fails", [False, True])
def test_lines_are_kept_with_the_attempt(fails: bool) -> None:
    carry(2, fails=fails)
    log = AttemptLog.objects.get()
    assert [line[1:] for line in log.lines] == [["WARNING", "orchestration.test", f"line {n} \ufffd"] for n in (0, 1)]
    assert log.task_run.attempts.get().token == log.token


@pytest.mark.parametrize("ended_by", ["cancel", "lost_worker"])
def test_lines_of_a_discarded_attempt_are_kept(ended_by: str) -> None:
    """They say what it did before it was given up, and what that cost."""

    def talk(task: Any, data: Any, context: TaskContext) -> dict[str, Any]:
        context.logger.warning("this cost 3 dollars")
        return {}

    register_task_handler("talk", talk)
    who = flow.claimant()
    execution = flow.start({"a": []}, each={"type": "talk"})
    claim = flow.take(who)
    outcome = runner.run_attempt(claim, StoredValues(claim.execution_id, claim.stored_input))
    if ended_by == "cancel":
        cancel_execution(execution_id=execution.pk)
    else:
        store.lose_worker(claim.task_run_id, claim.token, message="gone")
    assert not runner.record(claim, outcome, who, take_next=False).accepted
    (attempt,) = flow.row(execution).attempts.all()
    assert attempt.status == {"cancel": "discarded", "lost_worker": "crashed"}[ended_by]
    log = AttemptLog.objects.get()
    assert (log.token, log.lines[0][-1]) == (attempt.token, "this cost 3 dollars")


def test_nothing_is_written_for_a_silent_handler() -> None:
    carry(0)
    assert not AttemptLog.objects.exists()


def test_lines_past_the_limit_are_counted() -> None:
    carry(MOST_LINES + 5)
    assert (len(AttemptLog.objects.get().lines), AttemptLog.objects.get().left_out) == (MOST_LINES, 5)
