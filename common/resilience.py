"""When the database, not the verb, was at fault: trying again. When one row was: going on with the others."""

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")

DATABASE_TROUBLE = (OperationalError, InterfaceError)
"""Deadlocks, serialization failures, `database is locked`, lost connections."""

ATTEMPTS = 5
REST_SECONDS = 1.0
MAX_REST_SECONDS = 5.0
"""Between two tries while the database is away, at most."""
_used = threading.local()


def drop_broken_connection() -> None:
    """Close this thread's connection if it no longer answers, so that the next query opens a new one."""
    if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def database_is_away(error: BaseException) -> bool:
    """Whether this trouble is the connection's; otherwise the statement's (its timeout, a full disk, a lock held)."""
    return isinstance(error, DATABASE_TROUBLE) and (connection.connection is None or not connection.is_usable())


def refresh_connection() -> None:
    """Before work after a rest: let the next query replace a connection that broke meanwhile, instead of failing.

    Calls in quick succession do not ask each time: that would be a round trip for every one of them.
    """
    has_rested = time.monotonic() - getattr(_used, "at", 0.0) > REST_SECONDS
    if (has_rested or connection.errors_occurred) and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    _used.at = time.monotonic()


def retried(verb: Callable[P, R]) -> Callable[P, R]:
    """Repeat an idempotent verb up to five times within about a second; inside a caller's transaction, never."""

    @functools.wraps(verb)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return verb(*args, **kwargs)
            except DATABASE_TROUBLE:
                if attempt == ATTEMPTS or connection.in_atomic_block:
                    raise
                drop_broken_connection()
                time.sleep(0.05 * 2 ** (attempt - 1) * random.uniform(0.5, 1))
        raise AssertionError("unreachable")

    return wrapper


def until_the_database_answers(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call `function`, waiting out a database that is away: a finished result must not be lost to an outage."""
    delay = 0.1
    while True:
        try:
            return function(*args, **kwargs)
        except DATABASE_TROUBLE as error:
            logger.warning("The database does not answer (%s); trying again in %.1f s", str(error).strip(), delay)
            drop_broken_connection()
            time.sleep(delay)
            delay = min(delay * 2, MAX_REST_SECONDS)


def sweep(keys: Iterable[K], verb: Callable[[K], R]) -> list[R]:
    """Call `verb` for each key; what the calls returned. One that fails is logged and stops none behind it.

    For work found by looking at rows, oldest first: what cannot be dealt with would be the first again each time.
    """
    done = []
    for key in keys:
        try:
            done.append(verb(key))
        except DATABASE_TROUBLE:
            raise  # the others would fail alike
        except Exception:  # whatever is wrong with one, the others must be dealt with
            logger.exception("%s of %s failed", getattr(verb, "__name__", verb), key)
    return done
