"""What a handler logs is kept with its attempt, in the transaction that records it; a silent one writes nothing."""

import logging
from typing import Any

import pytest

from common.log_context import MOST_LINES
from orchestration.engine import runner
from orchestration.engine.scope import StoredValues
from orchestration.handlers.catalog import register_task_handler
from orchestration.models import AttemptLog
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


def test_nothing_is_written_for_a_silent_handler() -> None:
    carry(0)
    assert not AttemptLog.objects.exists()


def test_lines_past_the_limit_are_counted() -> None:
    carry(MOST_LINES + 5)
    assert (len(AttemptLog.objects.get().lines), AttemptLog.objects.get().left_out) == (MOST_LINES, 5)
