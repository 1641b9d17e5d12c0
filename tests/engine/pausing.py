"""Pausing and resuming in tests, with everything checked afterwards."""

from orchestration.models import Execution
from orchestration.selectors.invariants import broken_invariants
from orchestration.services.executions import pause_execution, resume_execution
from tests.engine import flow
from tests.engine.soundness import assert_sound


def pause(execution: Execution, reason: str = "") -> None:
    assert pause_execution(execution_id=execution.pk, reason=reason) is True
    assert_sound(execution)
    assert not broken_invariants()


def resume(execution: Execution) -> str:
    assert resume_execution(execution_id=execution.pk) is True
    assert_sound(execution)
    return str(flow.reload(execution).status)


def status(execution: Execution) -> str:
    return str(flow.reload(execution).status)
