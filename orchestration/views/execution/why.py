"""Why it failed, and what running it again from there would do."""

from collections.abc import Mapping
from typing import Any

from common.errors import OrchestrationError
from orchestration.models import Execution
from orchestration.selectors.failures import find_failure
from orchestration.services.reruns import FAILED, RerunPlan, plan_rerun
from orchestration.states import ExecutionStatus
from orchestration.views.execution.frame import Frame

UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


def why_context(frame: Frame) -> Mapping[str, Any]:
    """Nothing while nothing went wrong."""
    execution = frame.execution
    if not execution.failed_task_runs and execution.status not in UNSUCCESSFUL:
        return {}
    failure = find_failure(execution, frame.now)
    return {"failure": failure, "plan": _plan(execution) if failure else None}


def _plan(execution: Execution) -> RerunPlan | None:
    """None when nothing can be reused, or not yet."""
    if not execution.is_terminal:
        return None
    try:
        return plan_rerun(execution_id=execution.pk, from_task=FAILED)
    except OrchestrationError:
        return None
