"""Between an execution and the people who decide in it: decisions come back here, reviews nobody needs are closed.

The news of a decision only makes this quick: the ticker finds the same by looking at the rows (`settle_decided`,
`close_needless`). What is asked is `engine.reviewing`'s.
"""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseFailure

from common.errors import OrchestrationError
from common.resilience import sweep
from orchestration.definition import TaskConfig
from orchestration.engine import dispatch, reviewing, store
from orchestration.engine.blobs import load_value, store_value
from orchestration.engine.outcomes import Completed, Failed
from orchestration.engine.versions import pipeline_of
from orchestration.models import Blob, TaskRun
from orchestration.states import TaskRunStatus
from reviews import clock
from reviews.outcome import Outcome
from reviews.selectors.outcomes import outcome
from reviews.services.requests import close_review
from reviews.states import ReviewStatus, Verdict

logger = logging.getLogger(__name__)

BATCH = 200
ACTOR = "the engine"
SEND_NOTICES = "orchestration.send_review_notices"
"""The Celery job that sends the e-mails and webhooks of reviews."""
CLOSED = (ReviewStatus.CANCELLED, ReviewStatus.SUPERSEDED)


def settle_review(*, review_id: UUID) -> bool:
    """Bring a decision that took effect to the task run that waits for it. False when none does, or it is too early."""
    rows = TaskRun.objects.filter(review_id=review_id, status=TaskRunStatus.WAITING)
    task_run = rows.select_related("execution", "review").first()
    if task_run is None or task_run.review is None or task_run.review.is_open:
        return False
    decided = outcome(review_id)
    if decided is None:
        if task_run.review.status not in CLOSED:
            return False  # it can still be undone
        ended: Completed | Failed = _failed("review_closed", "the review was closed", task_run.review.close_reason)
        said = {"decision": "closed", "by": "", "comment": task_run.review.close_reason}
    else:
        ended = _consequence_or_failure(task_run, decided)
        said = {"decision": str(decided.decision), "by": decided.label, "comment": decided.comment}
    dispatch.publish(store.settle(task_run.pk, review_id, ended, said=said))
    return True


def settle_decided() -> int:
    """A ticker duty: the decisions that took effect while nobody brought them. Returns how many."""
    waiting = TaskRun.objects.filter(status=TaskRunStatus.WAITING, review__closed_at__isnull=False).exclude(
        review__effective_at__gt=clock.now()
    )
    keys = waiting.order_by("review__closed_at").values_list("review_id", flat=True)[:BATCH]

    def settle(review_id: UUID) -> bool:
        return settle_review(review_id=review_id)

    return sum(sweep(list(keys), settle))


def close_needless(execution_id: UUID | None = None) -> int:
    """A ticker duty: close open reviews whose task run (of this execution) no longer waits. Returns how many."""
    rows = TaskRun.objects.filter(review__closed_at=None, review__isnull=False).exclude(status=TaskRunStatus.WAITING)
    if execution_id is not None:
        rows = rows.filter(execution_id=execution_id)

    def close(row: TaskRun) -> None:
        if row.review is not None:
            reason = f"the execution is {row.execution.get_status_display()}"
            close_review(review_id=row.review.pk, reason=reason, actor=ACTOR, channel="engine")

    return len(sweep(list(rows.select_related("execution", "review").order_by("pk")[:BATCH]), close))


def _consequence_or_failure(task_run: TaskRun, decided: Outcome) -> Completed | Failed:
    """What a decision makes of the task run; a failure that says why when it can make nothing of it, now or later."""
    try:
        return _consequence(task_run, decided)
    except Blob.DoesNotExist:
        return _failed("value_gone", "the decision has no effect: the output that was decided about is lost", "")
    except OrchestrationError as error:
        return _failed(error.code, f"the decision has no effect: {error}", "")
    except DatabaseFailure:
        raise
    except Exception as error:  # it only reads and computes, so it would fail the same way each time
        logger.exception("a decision about %s cannot be applied", task_run)
        return _failed("decision_not_applied", f"the decision has no effect: {type(error).__name__}: {error}", "")


def _consequence(task_run: TaskRun, decided: Outcome) -> Completed | Failed:
    """What a decision makes of the task run."""
    task = pipeline_of(task_run.execution.version_id).config.task(task_run.name)
    if decided.decision == Verdict.EXPIRE:
        return _failed("review_timed_out", "nobody decided in time", decided.comment, timed_out=True)
    if decided.decision == Verdict.REJECT and _on_reject(task) != "continue":
        return _failed("review_rejected", f"{decided.label} rejected it", decided.comment)
    proposed = load_value(task_run.output)
    corrected = decided.output if decided.decision == Verdict.APPROVE_WITH_EDITS else None
    output = reviewing.reviewed_output(task.type, proposed, corrected, _note(decided))
    return Completed(store_value(output), usage=task_run.usage, model=task_run.model)


def _on_reject(task: TaskConfig) -> str:
    return task.review.on_reject if task.review else str(task.parameters.get("on_reject", "fail"))


def _note(decided: Outcome) -> Mapping[str, Any]:
    """What later tasks can refer to, such as `{check._review.decision}`."""
    return {
        "decision": str(decided.decision),
        "approved": decided.is_approved,
        "corrected": decided.decision == Verdict.APPROVE_WITH_EDITS,
        "by": decided.by,
        "comment": decided.comment,
        "reason_code": decided.reason_code,
    }


def _failed(code: str, message: str, comment: str, *, timed_out: bool = False) -> Failed:
    why = f": {comment}" if comment else ""
    timeout = {"timeout": "review"} if timed_out else {}
    return Failed({"code": code, "message": message + why, **timeout}, retryable=False, timed_out=timed_out)
