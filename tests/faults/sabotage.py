"""Breaks things from inside a process, for the storm: wake-ups doubled, dropped, shuffled; processes killed at points.

Loaded by workers through TASK_HANDLER_MODULES, so that production code has no hook for it. It spoils the messages a
worker publishes, makes the broker impatient, and ends processes: with a small probability, at each point of claim, run
and record, a child kills itself, or sends TERM or QUIT to its worker. Each end is noted in the file STORM_NOTES, as
`LABEL SIGNAL`.
"""

import functools
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from celery import Celery

from orchestration.engine import dispatch, process, runner, store, ticker
from orchestration.engine.outcomes import Hint
from orchestration.engine.store import recording, statements

DROP_EVERY = 7
VISIBILITY_SECONDS = 1
# Of a hundred ends inside a worker, this many are of the child alone, TERM for the worker, QUIT for the worker.
ENDS = {"kill": 90, "term": 5, "quit": 5}

_random = random.Random()
# Children are forks: without this they would all draw the same numbers.
os.register_at_fork(after_in_child=lambda: _random.seed(f"{os.environ.get('STORM_SEED')}-{os.getpid()}"))

_enqueue = dispatch.enqueue
_published = 0


def spoil_messages() -> None:
    """Every hint is published twice, every seventh message is lost, and their order is another one."""
    dispatch.enqueue = _enqueue_spoilt


def _enqueue_spoilt(hints: Sequence[Hint], app: Celery | None = None) -> None:
    global _published
    doubled = [*hints, *hints]
    _random.shuffle(doubled)
    kept = []
    for hint in doubled:
        _published += 1
        if _published % DROP_EVERY:
            kept.append(hint)
    _enqueue(kept, app)


def shorten_visibility() -> None:
    """The broker delivers again what is still being worked on."""
    conf = dispatch.celery_app().conf
    conf.broker_transport_options = {**conf.broker_transport_options, "visibility_timeout": VISIBILITY_SECONDS}


def shorten_leadership() -> None:
    """A tenth of production's, as the leases of a storm are; there is no setting for it."""
    ticker.LEADER_LEASE_SECONDS = 1.0


def set_kill_points(probability: float) -> None:
    """Wrap what a child does; an attempt passes each label."""
    before_and_after = (("claim", store, "claim"), ("claim", store, "claim_oldest"), ("run", runner, "run_attempt"))
    for label, owner, name in (*before_and_after, ("record", store, "record")):
        _wrap(owner, name, Point(f"{label}.before", f"{label}.after", probability))
    # In the middle of the transaction that records: after its statements, before its commit (or, where one statement
    # is the whole transaction, just after it).
    inside = Point(None, "record.inside", probability)
    _wrap(recording, "write_attempt", inside)
    _wrap(statements, "fetch", inside, only=statements.COMPLETE)


@dataclass(frozen=True)
class Point:
    """The labels before and after a call."""

    before: str | None
    after: str
    probability: float


def _wrap(owner: ModuleType, name: str, point: Point, only: object = None) -> None:
    """Replace a module's function; `only` calls with this first argument are points."""
    function: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if only is not None and args[0] is not only:
            return function(*args, **kwargs)
        if point.before:
            perhaps_end(point.before, point.probability)
        result = function(*args, **kwargs)
        perhaps_end(point.after, point.probability)
        return result

    setattr(owner, name, wrapper)


def perhaps_end(label: str, probability: float) -> None:
    """In a worker's child, sometimes: note it, and send the signal."""
    if _random.random() >= probability or process.identity().main_pid == os.getpid():
        return
    kind = _random.choices(list(ENDS), list(ENDS.values()))[0]
    with open(os.environ["STORM_NOTES"], "a") as notes:
        notes.write(f"{label} {kind}\n")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    os.kill(process.identity().main_pid, signal.SIGTERM if kind == "term" else signal.SIGQUIT)


if "STORM_KILLS" in os.environ:  # a worker of a storm; the submitting program breaks only its messages
    spoil_messages()
    shorten_visibility()
    shorten_leadership()
    set_kill_points(float(os.environ["STORM_KILLS"]))
