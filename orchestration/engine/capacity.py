"""How many more attempts the workers could run right now: so many wake-up hints are worth publishing.

A worker that finishes looks for more work itself, so a hint only ever serves to wake an idle one. An estimate: too many
hints cost a look each, too few are made up for by the ticker within a second or two.
"""

import time

from django.conf import settings
from django.db.models import Sum

from orchestration.models import TaskRun
from orchestration.selectors.workers import live_workers
from orchestration.states import TaskRunStatus

REMEMBERED_SECONDS = 2.0
# With no worker known there may be one the next moment.
UNKNOWN = 8

_places: tuple[float, int] = (0.0, 0)


def places() -> int:
    """How many attempts all live workers together can run; asked of the database every two seconds at most."""
    global _places
    asked_at, number = _places
    if time.monotonic() - asked_at > REMEMBERED_SECONDS or not asked_at:
        number = live_workers().aggregate(places=Sum("concurrency"))["places"] or UNKNOWN
        _places = (time.monotonic(), number)
    return number


def idle_places() -> int:
    """How many of them are not taken. Zero without a broker: then the feeders look for themselves."""
    if not settings.ORCHESTRATION.has_broker:
        return 0
    taken = TaskRun.objects.filter(status=TaskRunStatus.RUNNING).exclude(worker__pool="inline")
    return max(0, places() - taken.count())
