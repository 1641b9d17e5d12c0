"""The database as the queue: a thread in each worker's main process looks for claimable task runs and wakes the pool.

At most as many hints are outstanding as the worker has free places; a hint that comes to nothing costs one look. Looks
are cheap where nothing changed: SQLite's `data_version` tells whether another connection has written since.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.db import connection

from orchestration.engine import dispatch, store
from orchestration.engine.outcomes import Hint
from orchestration.engine.process import Identity

BUSY_SECONDS = 0.02
IDLE_SECONDS = {"sqlite": 0.1, "postgresql": 0.15}
# Work often follows work: keep looking closely for a while.
BUSY_FOR_SECONDS = 2.0
# A look although nothing seems to have changed: slots and limits change too.
FORCED_LOOK_SECONDS = 2.0
# A hint not taken up by then was lost (a child died with it): give another.
HINT_LIFE_SECONDS = 1.0


@dataclass
class Feeder:
    """`busy` tells how many places of the pool are taken."""

    identity: Identity
    concurrency: int
    busy: Callable[[], int]
    _given: dict[Hint, float] = field(default_factory=dict)
    _seen_version: int = -1
    # Something changed that was not fully looked at yet (the pool had no place then).
    _must_look: bool = True
    _looked_at: float = 0.0
    _fed_at: float = 0.0

    def step(self) -> float:
        now = time.monotonic()
        self._must_look = self._must_look or self._something_changed(now)
        if self._must_look:
            self._feed(now)
        return BUSY_SECONDS if now - self._fed_at < BUSY_FOR_SECONDS else IDLE_SECONDS[connection.vendor]

    def _something_changed(self, now: float) -> bool:
        if connection.vendor != "sqlite" or self._given or now - self._looked_at >= FORCED_LOOK_SECONDS:
            return True
        connection.ensure_connection()
        # Past Django's cursors: asked ten times a second, this is what an idle worker does most.
        (version,) = connection.connection.execute("PRAGMA data_version").fetchone()
        changed = bool(version != self._seen_version)
        self._seen_version = version
        return changed

    def _feed(self, now: float) -> None:
        places = self.concurrency - self.busy()
        if places <= 0:
            return
        self._looked_at = now
        found = store.find_claimable(self.identity.claimant(), limit=self.concurrency + len(self._given))
        # What is no longer claimable was taken up; what was given long ago and still is was lost.
        self._given = {hint: at for hint, at in self._given.items() if hint in found and now - at < HINT_LIFE_SECONDS}
        waiting = [hint for hint in found if hint not in self._given]
        fresh = waiting[: max(0, min(places, self.concurrency - len(self._given)))]
        self._must_look = len(fresh) < len(waiting)
        # Over this worker's own transport: which of its queues carries a hint is all the same.
        dispatch.enqueue([replace(hint, queue=self.identity.queues[0]) for hint in fresh])
        self._given |= dict.fromkeys(fresh, now)
        if fresh:
            self._fed_at = now
