"""An execution's events as they happen: server-sent events (WHATWG HTML, section 9.2) out of a threaded WSGI server.

A stream holds one thread of the web process and, while it waits, nothing of the database. `StreamSlots` keeps streams
from taking all threads. The run never depends on a reader: a stream that breaks off is taken up by `Last-Event-ID`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from orchestration.api.serializers import Event
from orchestration.models import ExecutionEvent
from orchestration.selectors.listing import is_live, list_events

BATCH = 500
RETRY_MILLISECONDS = 2000


class StreamSlots:
    """How many streams this process serves right now; at most `settings.API.api_max_streams`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0

    def take(self) -> bool:
        with self._lock:
            if self.taken >= settings.API.api_max_streams:
                return False
            self.taken += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self.taken -= 1


slots = StreamSlots()


class EventStream:
    """An iterator of the bytes to send, from after the event `after` until the execution has ended.

    The caller has taken a slot; closing gives it back, also when nothing was ever read.
    """

    poll_seconds = 0.5
    heartbeat_seconds = 15.0
    longest_seconds = 600.0
    """Then the client is to connect again: so that forgotten streams end, and those of restarted servers move on."""

    def __init__(self, execution_id: UUID, after: int, give_back: Callable[[], None]) -> None:
        self._execution_id = execution_id
        self._after = after
        self._give_back = give_back
        self._is_closed = False
        self._chunks = self._follow()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._give_back()

    def _follow(self) -> Iterator[bytes]:
        yield b"retry: %d\n\n" % RETRY_MILLISECONDS
        ends_at = time.monotonic() + self.longest_seconds
        said_at = time.monotonic()
        while time.monotonic() < ends_at:
            live, events = self._read()
            for event in events:
                yield _format(event)
                said_at, self._after = time.monotonic(), event["id"]
            if len(events) == BATCH:
                continue
            if not live:
                return
            if time.monotonic() - said_at >= self.heartbeat_seconds:
                yield b": still here\n\n"
                said_at = time.monotonic()
            time.sleep(self.poll_seconds)

    def _read(self) -> tuple[bool, list[dict[str, Any]]]:
        """Whether the execution was live, asked first: when it was not, its last event is among those read after."""
        try:
            live = is_live(self._execution_id)
            return live, [dict(Event(row).data) for row in _events_after(self._execution_id, self._after)]
        finally:
            if not connection.in_atomic_block:
                connection.close()  # to the pool, or for good


def has_more(execution_id: UUID, after: int) -> bool:
    """Whether a stream would have something to say: now, or later."""
    return is_live(execution_id) or bool(_events_after(execution_id, after)[:1])


def _events_after(execution_id: UUID, after: int) -> list[ExecutionEvent]:
    return list(list_events(execution_id).filter(pk__gt=after).order_by("pk")[:BATCH])


def _format(event: dict[str, Any]) -> bytes:
    """JSON has no raw line breaks, so one `data` line is enough."""
    return b"id: %d\ndata: %s\n\n" % (event["id"], orjson.dumps(event))
