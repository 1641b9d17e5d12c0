"""How many more attempts the workers of each queue could run right now: so many wake-up hints are worth publishing.

A worker that finishes looks for more work itself, so a hint only ever serves to wake an idle one. An estimate: too many
hints cost a look each, too few are made up for by the ticker within a second or two. Each queue is counted for itself,
so that hints of one never take the place of another's; a worker of two queues counts for both.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.conf import settings
from django.db.models import Count

from orchestration.models import TaskRun
from orchestration.selectors.workers import live_workers
from orchestration.states import TaskRunStatus

REMEMBERED_SECONDS = 2.0
# With no worker known there may be one the next moment. Where there are workers, a queue that none of them listens to
# gets no hints: they would pile up in the broker, and whoever listens one day finds the work by the ticker's.
UNKNOWN = 8


class _Waiting(Protocol):
    @property
    def queue(self) -> str: ...


Waiting = TypeVar("Waiting", bound=_Waiting)


@dataclass(frozen=True, slots=True)
class Listener:
    """A live worker: how many attempts it runs at once, and for which queues."""

    worker_id: str
    queues: tuple[str, ...]
    places: int


@dataclass(frozen=True, slots=True)
class Idle:
    """Places that are not taken, by queue; `elsewhere` in any other queue: more than 0 only with no worker known."""

    places: Mapping[str, int]
    elsewhere: int = 0

    @property
    def most(self) -> int:
        """Of any one queue."""
        return max(self.places.values(), default=self.elsewhere)

    def among(self, waiting: Sequence[Waiting], free_slots: int) -> list[Waiting]:
        """Those worth a hint: the first of each queue, as many as it has idle places and their execution free slots."""
        left: dict[str, int] = {}
        found = []
        for one in waiting:
            places = left.setdefault(one.queue, min(free_slots, self.places.get(one.queue, self.elsewhere)))
            if places > 0:
                left[one.queue] -= 1
                found.append(one)
        return found


NOBODY_IDLE = Idle({})

_listeners: tuple[float, Sequence[Listener]] = (0.0, ())


def listeners() -> Sequence[Listener]:
    """The live workers; asked of the database every two seconds at most."""
    global _listeners
    asked_at, found = _listeners
    if time.monotonic() - asked_at > REMEMBERED_SECONDS or not asked_at:
        rows = live_workers().values_list("pk", "queues", "concurrency")
        found = [Listener(key, tuple(queues), places) for key, queues, places in rows]
        _listeners = (time.monotonic(), found)
    return found


def idle_of(running: Mapping[str, int]) -> Idle:
    """What is idle, given how many attempts each worker runs (worker → number)."""
    found = listeners()
    if not found:
        return Idle({}, elsewhere=UNKNOWN)
    places: Counter[str] = Counter()
    for one in found:
        free = max(0, one.places - running.get(one.worker_id, 0))
        places.update(dict.fromkeys(one.queues, free))
    return Idle(places)


def idle() -> Idle:
    """What is idle now: one query. Nothing without a broker: then the feeders look for themselves."""
    if not settings.ORCHESTRATION.has_broker:
        return NOBODY_IDLE
    running = TaskRun.objects.filter(status=TaskRunStatus.RUNNING).order_by().values_list("worker")
    return idle_of(dict(running.annotate(Count("pk"))))
