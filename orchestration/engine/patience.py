"""Patience after an outage: before silence is taken for death, everybody gets the time to be heard.

While the database is away, or this process is suspended, nobody's lease is renewed and no result is recorded. So in the
moment that it answers again every healthy lease looks expired and every finished attempt overdue.
"""

import logging
import math
import time
from dataclasses import dataclass

from django.conf import settings

from common.resilience import MAX_REST_SECONDS

logger = logging.getLogger(__name__)


@dataclass
class Patience:
    """Whether the database has answered this process for long enough, and without a gap, to judge who has not reported.

    Keeper and ticker of a process share one, so that a statement that takes long in one of them is no gap. A new one
    waits: its process may have been started because of an outage. (`answered_at` now: as if none had been.)
    """

    answered_at: float = -math.inf
    _over_at: float = -math.inf

    def note_answer(self) -> None:
        """The database has answered just now; one that is there answers more often than every MAX_REST_SECONDS."""
        now = time.monotonic()
        gap = now - self.answered_at
        if gap > MAX_REST_SECONDS:
            self._over_at = now + needed_seconds()
        if MAX_REST_SECONDS < gap < math.inf:
            logger.info("no answer from the database for %.0f s; others get %.0f s to report", gap, needed_seconds())
        self.answered_at = now

    def seconds_left(self) -> float:
        """How much longer nothing may be judged; 0 when all who live have been heard."""
        now = time.monotonic()
        if now - self.answered_at > MAX_REST_SECONDS:  # a gap that no answer has ended yet
            return needed_seconds()
        return max(0.0, self._over_at - now)


def needed_seconds() -> float:
    """A keeper renews within its period or its longest rest, before which a try to connect may take as long again."""
    return max(settings.ORCHESTRATION.lease_renewal_seconds, MAX_REST_SECONDS) + MAX_REST_SECONDS
