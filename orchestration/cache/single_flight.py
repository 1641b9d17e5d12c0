"""One maker for a missing value, however many want it: threads wait for each other, processes for an owner.

The owner has a token in the store that expires after `LEASE_SECONDS` and is renewed while it works, so that a killed
owner delays the others by that much and no more. Waiting is bounded: who has waited long enough makes the value itself.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.tiers.store import Store

T = TypeVar("T")

LEASE_SECONDS = 10.0
RENEWAL_SECONDS: Final = LEASE_SECONDS / 3
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1


class Turn(NamedTuple):
    """Our turn to make the value. `token` is None when nobody else could be asked, or we waited long enough."""

    token: str | None


class Flights:
    """The flights of this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._here: dict[str, threading.Event] = {}
        self._owned: dict[str, str] = {}

    def try_to_lead(self, key: str) -> Turn | None:
        """Our turn, if nobody is at it; never waits."""
        with self._lock:
            if key in self._here:
                return None
            self._here[key] = threading.Event()
        token = None
        try:
            token = self._acquire(key)
        finally:
            if token is None:
                self._leave(key)
        return Turn(token) if token else None

    def lead_or_wait(self, key: str, look: Callable[[], T | None], seconds: float) -> T | Turn:
        """What `look` finds once somebody has made it, or our turn. A turn with a token ends with `land`."""
        deadline = time.monotonic() + seconds
        while (event := self._enter(key)) is not None:
            event.wait(max(0.0, deadline - time.monotonic()))
            if (found := look()) is not None:
                return found
            if time.monotonic() >= deadline:
                return Turn(None)
        try:
            found_or_turn = self._lead_among_processes(key, look, deadline)
        except BaseException:
            self._leave(key)
            raise
        if not (isinstance(found_or_turn, Turn) and found_or_turn.token):
            self._leave(key)
        return found_or_turn

    def _enter(self, key: str) -> threading.Event | None:
        """None: we go first in this process."""
        with self._lock:
            event = self._here.get(key)
            if event is None:
                self._here[key] = threading.Event()
            return event

    def _leave(self, key: str) -> None:
        with self._lock:
            event = self._here.pop(key, None)
            self._owned.pop(key, None)
        if event is not None:
            event.set()

    def _lead_among_processes(self, key: str, look: Callable[[], T | None], deadline: float) -> T | Turn:
        for pause in _pauses():
            try:
                token = self._acquire(key)
            except StoreDown:
                return Turn(None)
            found = look()  # after a wait, or between our look and our turn, somebody may have made it
            if found is not None:
                if token:
                    self._release(key, token)
                return found
            if token:
                return Turn(token)
            if time.monotonic() + pause > deadline:
                return Turn(None)
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _acquire(self, key: str) -> str | None:
        token = uuid.uuid4().hex
        if not self._store.acquire(key, token, LEASE_SECONDS):
            return None
        with self._lock:
            self._owned[key] = token
        return token

    def land(self, key: str, turn: Turn, *, kept: bool) -> None:
        """The turn is over; what was kept has ended it in the store already."""
        if turn.token is None:
            return
        self._leave(key)
        if not kept:
            self._release(key, turn.token)

    def _release(self, key: str, token: str) -> None:
        with self._lock:
            self._owned.pop(key, None)
        with suppress(StoreDown):  # then it expires
            self._store.release(key, token)

    @property
    def in_the_air(self) -> int:
        return len(self._owned)

    def renew(self) -> int:
        """Keep what this process owns; called every `RENEWAL_SECONDS`. Returns how many are still ours."""
        with self._lock:
            owned = dict(self._owned)
        return sum(self._store.renew(key, token, LEASE_SECONDS) for key, token in owned.items())


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, pause * 1.5)
