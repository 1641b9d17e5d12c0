"""Waiting for a model's reply, when it has to be waited for, and noting what it used and which model it was."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from orchestration.handlers.base import TaskContext
from orchestration.providers.base import Answer, ClassificationReply, ClassificationRequest, Provider, R

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


def when_all_answered(
    provider: Provider,
    requests: Sequence[ClassificationRequest],
    context: TaskContext,
    finish: Callable[[Sequence[ClassificationReply]], Output],
) -> Output | Awaitable[Output]:
    """The output `finish` makes of the replies to several requests: asked at once where the model can do that."""
    if classify_all := getattr(provider, "classify_all", None):
        return _finish_all(classify_all(requests), context, finish)
    if not requests:
        return finish([])
    first = provider.classify(requests[0])
    if inspect.isawaitable(first):
        return _one_by_one(provider, first, requests[1:], context, finish)
    rest = [provider.classify(request) for request in requests[1:]]
    return _finish_all([first, *rest], context, finish)  # type: ignore[list-item]  # one answers at once: all do


async def _one_by_one(
    provider: Provider,
    first: Awaitable[ClassificationReply],
    rest: Sequence[ClassificationRequest],
    context: TaskContext,
    finish: Callable[[Sequence[ClassificationReply]], Output],
) -> Output:
    replies = [await first]
    for request in rest:
        answer = provider.classify(replace(request, deadline_seconds=context.remaining_seconds))
        replies.append(await answer if inspect.isawaitable(answer) else answer)
    return _finish_all(replies, context, finish)


def _finish_all(
    replies: Sequence[ClassificationReply],
    context: TaskContext,
    finish: Callable[[Sequence[ClassificationReply]], Output],
) -> Output:
    """What is paid for was noted as it was used, in the context's own usage; what others used is added up."""
    for reply in replies:
        context.model = reply.model
        if reply.usage is not context.usage:
            for name, amount in reply.usage.items():
                context.usage[name] = context.usage.get(name, 0) + amount
    return finish(replies)
