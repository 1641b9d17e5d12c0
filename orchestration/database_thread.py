"""Database work from inside a running event loop, where Django forbids it on the loop's own thread."""

import asyncio
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")

# Calls in quick succession do not ask each time.
LOOK_SECONDS = 1.0
_looked = threading.local()

# One thread, so that one connection serves all of it.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orchestration-database")


def in_database_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Call `function` here, or on the dedicated thread when an event loop runs on this one; waits for the result."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return _on_a_working_connection(function, *args, **kwargs)
        return _thread.submit(functools.partial(_on_a_working_connection, function, *args, **kwargs)).result()

    return wrapper


async def run_in_database_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same, without holding up the loop."""
    call = functools.partial(_on_a_working_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread, call)


def _on_a_working_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A program lives long, and its connection may have broken since: replace it before the call, not in it."""
    has_rested = time.monotonic() - getattr(_looked, "at", 0.0) > LOOK_SECONDS
    if (has_rested or connection.errors_occurred) and not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()  # the next query then asks whether the connection still answers
    _looked.at = time.monotonic()
    return function(*args, **kwargs)
