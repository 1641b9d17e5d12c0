"""Whether this process's memory may be believed: news of what changed in the store, or a look at whether anything did.

| store | how | what is guaranteed |
|---|---|---|
| Redis | `CLIENT TRACKING`, broadcasting, on one RESP3 connection | news within milliseconds, see below |
| Redis without tracking | entries live `SHORT_LIFE_SECONDS` | stale for no longer than that |
| table | a row that counts changes, read before memory is used | never stale |

When the tracking connection is lost, memory is emptied, and not used until there is another. A connection that falls
silent without being closed is believed for `BELIEVED_SECONDS`.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Protocol, Self
from urllib.parse import unquote, urlsplit

import hiredis
from django.db import connection

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.tiers.memory import Memory
from orchestration.cache.tiers.table_store import TableStore

logger = logging.getLogger(__name__)

PING_SECONDS = 0.5
BELIEVED_SECONDS = 1.5
"""Since the last ping that was answered was sent."""
SHORT_LIFE_SECONDS = 1.0
CONNECT_SECONDS = 1.0
LONGEST_REST_SECONDS = 2.0
BUFFER_BYTES = 64 * 1024


class Coherence(Protocol):
    """Asked before memory is used, and before something fetched is put into it."""

    def is_current(self) -> bool:
        """Whether memory holds nothing that has changed; what has is thrown out first."""

    def believed_until(self, now: float) -> float:
        """Until when what is fetched now may be served from memory, on the clock of `now`."""

    def close(self) -> None:
        """Release threads and connections."""


class TableChanges:
    """Memory is emptied when anything in the table changed. One small query; inside a transaction memory is not used,
    since what is read there may be rolled back.
    """

    def __init__(self, store: TableStore, memory: Memory) -> None:
        self._store = store
        self._memory = memory
        self._seen: int | None = None
        self._lock = threading.Lock()

    def is_current(self) -> bool:
        if connection.in_atomic_block:
            return False
        try:
            version = self._store.changes()
        except StoreDown:
            return False
        with self._lock:
            if version != self._seen:
                self._memory.clear()
                self._seen = version
        return True

    def believed_until(self, now: float) -> float:
        return float("inf")

    def close(self) -> None:
        pass


class TrackingRefused(Exception):
    """The server cannot, or does not let us, track keys."""


class RedisTracking:
    """Listens on a daemon thread. Until it has connected, and while it has not, memory is not used."""

    def __init__(self, url: str, prefix: str, memory: Memory, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = urlsplit(url)
        self._prefix = prefix
        self._memory = memory
        self._clock = clock
        self._confirmed_at = float("-inf")
        self._short_life = False
        self._link: Link | None = None
        self._closing = threading.Event()
        self.connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orchestration-cache-tracking", daemon=True)
        self._thread.start()

    def is_current(self) -> bool:
        return self._short_life or self._clock() - self._confirmed_at < BELIEVED_SECONDS

    def believed_until(self, now: float) -> float:
        return now + SHORT_LIFE_SECONDS if self._short_life else float("inf")

    def close(self) -> None:
        self._closing.set()
        if (link := self._link) is not None:
            link.wake()
        self._thread.join(PING_SECONDS + CONNECT_SECONDS)

    def _run(self) -> None:
        rest = 0.05
        while not self._closing.is_set():
            try:
                with self._connect() as self._link:
                    self._listen(self._link)
                rest = 0.05
            except TrackingRefused as error:
                logger.warning("Redis does not track keys for us (%s): memory keeps entries for a second", error)
                self._short_life = True
                return
            except (OSError, hiredis.HiredisError) as error:
                if not self._closing.is_set():
                    logger.info("the cache's tracking connection is gone: %s", error)
                rest = 0.05 if self.connected.is_set() else min(LONGEST_REST_SECONDS, rest * 2)
            finally:
                self._forget()
            self._closing.wait(rest)

    def _forget(self) -> None:
        """No news can reach us: nothing is believed any more, and then nothing is kept."""
        self._confirmed_at = float("-inf")
        self.connected.clear()
        self._memory.clear()

    def _connect(self) -> "Link":
        address = self._address
        link = Link(address.hostname or "localhost", address.port or 6379)
        try:
            password = unquote(address.password or "")
            login = ("AUTH", unquote(address.username or "default"), password) if password else ()
            for command in (("HELLO", "3", *login), self._track()):
                link.send(*command)
                answer = next(message for message in link.wait(CONNECT_SECONDS))
                if isinstance(answer, hiredis.ReplyError):
                    raise TrackingRefused(str(answer))
        except StopIteration:
            link.close()
            raise OSError("no answer") from None
        except BaseException:
            link.close()
            raise
        return link

    def _track(self) -> tuple[str, ...]:
        return ("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", f"{self._prefix}v:", "PREFIX", f"{self._prefix}t:")

    def _listen(self, link: "Link") -> None:
        """Pass on the news until the connection fails, or answers no ping."""
        self._memory.clear()  # what was put in while nobody listened
        sent_at, answered = self._clock(), False
        link.send("PING")
        while not self._closing.is_set():
            for message in link.wait(max(0.0, sent_at + PING_SECONDS - self._clock())):
                if isinstance(message, hiredis.PushNotification):
                    self._hear(message)
                else:
                    self._confirmed_at, answered = sent_at, True
                    self.connected.set()
            now = self._clock()
            if answered and now >= sent_at + PING_SECONDS:
                sent_at, answered = now, False
                link.send("PING")
            elif now > sent_at + BELIEVED_SECONDS:
                raise OSError("no answer to a ping")

    def _hear(self, message: Any) -> None:
        kind, keys = message[0], message[1]
        if kind != b"invalidate":
            return
        if keys is None:  # FLUSHALL, FLUSHDB
            self._memory.clear()
            return
        for raw in keys:
            key = raw.decode("utf-8", "surrogateescape").removeprefix(self._prefix)
            if key.startswith("v:"):
                self._memory.discard(key[2:])
            elif key.startswith("t:"):
                self._memory.discard_tag(key[2:])


class Link:
    """One RESP3 connection: commands out, messages in as they come."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def wake(self) -> None:
        """End the wait of the thread that listens."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def send(self, *words: str) -> None:
        packed = hiredis.pack_command(words)  # type: ignore[arg-type]  # its stub allows one word only
        self._socket.sendall(packed)

    def wait(self, seconds: float) -> Iterator[Any]:
        """The messages that are there, or that come with the next bytes; none when none come in time."""
        message = self._reader.gets()
        if message is False:
            self._socket.settimeout(max(0.001, seconds))
            try:
                received = self._socket.recv(BUFFER_BYTES)
            except TimeoutError:
                return
            if not received:
                raise OSError("Redis closed the connection")
            self._reader.feed(received)
            message = self._reader.gets()
        while message is not False:
            yield message
            message = self._reader.gets()
