"""What workers do beside task runs because it takes network: send what waits in an outbox.

An app registers a Celery job and what tells whether there is something for it to do; a loop in every worker's main
process looks every few seconds and hands the job to its own worker. A job that is lost is asked for again at the next
look, and two at once must not harm: outboxes claim what they send.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from orchestration.engine import dispatch, process
from orchestration.engine.process import Identity

logger = logging.getLogger(__name__)

STEP_SECONDS = 5.0

_errands: dict[str, Callable[[], bool]] = {}


def register_errand(job: str, has_work: Callable[[], bool]) -> None:
    """Have workers run the Celery task `job` (its name) while `has_work`: one cheap query."""
    _errands[job] = has_work


@dataclass(frozen=True, slots=True)
class Messenger:
    """One look every five seconds."""

    identity: Identity

    def step(self) -> float:
        if not process.is_stopping():
            for job, has_work in _errands.items():
                self._look(job, has_work)
        return STEP_SECONDS

    def _look(self, job: str, has_work: Callable[[], bool]) -> None:
        try:
            if has_work():
                dispatch.send_job(job, queue=self.identity.queues[0])
        except Exception:  # one outbox that cannot be read must not hold up the others
            logger.exception("whether there is work for %s could not be found out", job)
