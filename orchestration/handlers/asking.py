"""Waiting for a model's reply, when it has to be waited for, and noting what it used and which model it was."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from orchestration.handlers.base import TaskContext
from orchestration.providers.base import Answer, R

Output = dict[str, Any]


def when_answered(answer: Answer[R], context: TaskContext, finish: Callable[[R], Output]) -> Output | Awaitable[Output]:
    """The output `finish` makes of the reply: at once, or as a coroutine for the worker thread's event loop."""
    return _later(answer, context, finish) if inspect.isawaitable(answer) else _finish(answer, context, finish)


async def _later(answer: Awaitable[R], context: TaskContext, finish: Callable[[R], Output]) -> Output:
    return _finish(await answer, context, finish)


def _finish(reply: R, context: TaskContext, finish: Callable[[R], Output]) -> Output:
    context.usage.update(reply.usage)
    context.model = reply.model
    return finish(reply)
