"""Celery jobs. A few lines each: ids in, one call."""

from celery import shared_task

from orchestration.engine import process, runner
from orchestration.engine.dispatch import JOB
from orchestration.engine.outcomes import Hint


@shared_task(name=JOB, ignore_result=True)
def work(task_run_id: int, token: int) -> None:
    """A wake-up: there may be something to do."""
    identity = process.identity()
    runner.work(Hint(task_run_id, token, identity.queues[0]), identity.claimant())
