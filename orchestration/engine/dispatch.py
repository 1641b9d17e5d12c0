"""The only place that enqueues: turns hints into broker messages.

A hint may be lost, doubled or late without harm, so publishing never raises and never holds up its caller for long:
after a failure the broker is left alone for a few seconds, and the ticker publishes what was missed.
"""

import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from celery import Celery
from django.conf import settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from common.resilience import DATABASE_TROUBLE
from orchestration.engine import store
from orchestration.engine.outcomes import Hint

logger = logging.getLogger(__name__)

JOB = "orchestration.work"
REST_SECONDS = 5.0

_broker_rests_until = 0.0


def publish(hints: Sequence[Hint], app: Celery | None = None) -> None:
    """Publish wake-ups to the broker, if there is one; without one the feeders look into the database."""
    if not hints or not settings.ORCHESTRATION.has_broker:
        return
    if _broker_rests():
        _forget(hints)
        return
    try:
        enqueue(hints, app)
    except (OperationalError, OSError) as error:
        _leave_alone()
        logger.warning("The broker does not answer (%s); %d wake-ups wait for the ticker", error, len(hints))
        _forget(hints)


def _broker_rests() -> bool:
    return time.monotonic() < _broker_rests_until


def _leave_alone() -> None:
    global _broker_rests_until
    _broker_rests_until = time.monotonic() + REST_SECONDS


def _forget(hints: Sequence[Hint]) -> None:
    """Let the ticker publish these soon; with the database away too, it does so in its own time."""
    with contextlib.suppress(*DATABASE_TROUBLE):
        store.forget_hints(hints)


def enqueue(hints: Sequence[Hint], app: Celery | None = None) -> None:
    """Put hints on their queues, over one connection. Raises kombu's `OperationalError` when the broker is away."""
    app = app or celery_app()
    with app.producer_or_acquire() as producer:
        for hint in hints:
            app.send_task(
                JOB, args=(hint.task_run_id, hint.token), queue=hint.queue, producer=producer, ignore_result=True
            )


def send_job(name: str, *, queue: str, args: Sequence[Any] = ()) -> bool:
    """Send a maintenance job, that nothing depends on, to a queue; False when the broker is away or rests.

    Without a broker the queue is the calling worker's own, so only a worker's main process may send one.
    """
    if _broker_rests():
        return False
    try:
        celery_app().send_task(name, args=tuple(args), queue=queue, ignore_result=True)
    except (OperationalError, OSError) as error:
        _leave_alone()
        logger.warning("The broker does not answer (%s); the job %s is left out", error, name)
        return False
    return True


def celery_app() -> Celery:
    """The project's Celery application (`settings.CELERY_APP`), imported when first needed."""
    app: Celery = import_string(settings.CELERY_APP)
    return app
