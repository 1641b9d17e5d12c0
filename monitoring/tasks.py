"""Celery jobs of monitoring. A few lines each: ids in, one call; nothing is lost with a message that is."""

from celery import shared_task

from monitoring.services import canaries, notices
from monitoring.services.canaries import JOB as CANARY
from monitoring.services.notices import DELIVER
from orchestration.engine import process


@shared_task(name=DELIVER, ignore_result=True)
def deliver_notices() -> None:
    """Send what waits in the outbox."""
    notices.deliver_due()


@shared_task(name=CANARY, ignore_result=True)
def take_canary(canary_id: int) -> None:
    """Show that this worker takes work."""
    canaries.take_canary(canary_id=canary_id, worker_id=process.identity().worker_id)
