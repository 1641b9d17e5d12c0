"""Celery jobs. A few lines each: ids in, one call."""

from celery import shared_task

from orchestration.engine import process, runner
from orchestration.engine.dispatch import JOB
from orchestration.engine.outcomes import Hint
from orchestration.services.reviews import SEND_NOTICES
from reviews.notices.sending import send_due_notices


@shared_task(name=JOB, ignore_result=True)
def work(task_run_id: int, token: int) -> None:
    """A wake-up: there may be something to do."""
    identity = process.identity()
    runner.work(Hint(task_run_id, token, identity.queues[0]), identity.claimant())


@shared_task(name=SEND_NOTICES, ignore_result=True)
def send_review_notices() -> None:
    """Send the e-mails and webhooks of reviews that are due: network, which the ticker must not wait for."""
    send_due_notices()
