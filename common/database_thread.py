"""Database work from inside a running event loop, where Django forbids it on the loop's own thread.

With the caller's context variables: its log lines and its trace go on there.
"""

import asyncio
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from common.resilience import refresh_connection

P = ParamSpec("P")
R = TypeVar("R")

_thread: ThreadPoolExecutor


def _start_thread() -> None:
    """One, so that one connection serves all of it; a child of `os.fork` has none of its parent's."""
    global _thread
    _thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orchestration-database")


_start_thread()
os.register_at_fork(after_in_child=_start_thread)


def in_database_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Call `function` here, or on the dedicated thread when an event loop runs on this one; waits for the result."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return _on_a_working_connection(function, *args, **kwargs)
        call = functools.partial(_on_a_working_connection, function, *args, **kwargs)
        return _thread.submit(copy_context().run, call).result()

    return wrapper


async def run_in_database_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same, without holding up the loop."""
    call = functools.partial(_on_a_working_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread, copy_context().run, call)


def _on_a_working_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A program lives long, and its connection may have broken since its last call."""
    refresh_connection()
    return function(*args, **kwargs)
