"""The ends of executions, told over Redis (pub/sub) to whoever waits for one of them.

Only a hint, and only where Redis is the broker: who waits still looks into the database, just less often, so news that
is lost, or a Redis that is away, makes a waiter slower and nothing else. Telling never raises and never blocks long.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from orchestration.states import ExecutionStatus

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import PubSub

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.2
REST_SECONDS = 5.0

_rests_until = 0.0


class Ears:
    """What a waiter sleeps with: it wakes early when there is news. Without a line it only sleeps."""

    def __init__(self, line: "PubSub | None") -> None:
        self._line = line

    @property
    def can_hear(self) -> bool:
        return self._line is not None

    def rest(self, seconds: float) -> bool:
        """Sleep, until there is news at the latest; True when there was: the end was committed before it was told."""
        ends_at = time.monotonic() + seconds
        while self._line is not None and (left := ends_at - time.monotonic()) > 0:
            try:
                if self._line.get_message(ignore_subscribe_messages=True, timeout=left):
                    return True
            except _troubles():
                self._line = None  # what is left is slept, and from now on looked for
        time.sleep(max(0.0, ends_at - time.monotonic()))
        return False


@contextmanager
def ears_for(execution_id: UUID | str) -> Iterator[Ears]:
    """Listen for the end of one execution; what ended before is not told again, so look after entering."""
    line = _subscribe(_channel(execution_id))
    try:
        yield Ears(line)
    finally:
        if line is not None:
            line.close()


def tell(*, execution_id: UUID, status: str, **_: Any) -> None:
    """A receiver of `execution_changed`: whoever waits for this execution may look now."""
    global _rests_until
    redis = _redis() if ExecutionStatus(status).is_terminal and time.monotonic() >= _rests_until else None
    if redis is None:
        return
    try:
        redis.publish(_channel(execution_id), status)
    except _troubles() as error:
        _rests_until = time.monotonic() + REST_SECONDS
        logger.warning("Redis does not answer (%s); who waits for an execution has to look for its end", error)


def _subscribe(channel: str) -> "PubSub | None":
    if (redis := _redis()) is None:
        return None
    line: PubSub = redis.pubsub()  # type: ignore[no-untyped-call]
    try:
        line.subscribe(channel)
        line.get_message(timeout=ANSWER_SECONDS)  # the confirmation: from here on nothing is missed
    except _troubles():
        line.close()
        return None
    return line


def _channel(execution_id: UUID | str) -> str:
    return f"orchestration:ended:{execution_id}"


def _redis() -> "Redis | None":
    url: str = settings.ORCHESTRATION.celery_broker_url
    return _client(url) if url.startswith(("redis://", "rediss://")) else None


@cache
def _client(url: str) -> "Redis | None":
    """One pool of connections per process; redis-py opens new ones after a fork."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that the server closed meanwhile
        )
    except ValueError as error:  # options that Celery understands and redis-py does not
        logger.warning("No news over CELERY_BROKER_URL (%s); who waits for an execution looks for its end", error)
        return None


def _troubles() -> tuple[type[Exception], ...]:
    from redis import RedisError

    return RedisError, OSError
