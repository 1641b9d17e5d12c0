"""One attempt: parameters filled in, the handler run under its time limit, the result made storable.

Outside any transaction. Whatever the handler does, an outcome comes back; only trouble with our own database is raised.
"""

import asyncio
import contextvars
import inspect
import logging
import random
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from common import json_boundary
from common.database_thread import in_database_thread
from common.errors import UnstorableValue
from common.resilience import until_the_database_answers
from orchestration.cache.questions import Question
from orchestration.cache.task_results import answer as answer_from_cache
from orchestration.definition import Pipeline, TaskConfig, TemplateError, known_task_types, render
from orchestration.definition.problems import Report
from orchestration.definition.sections import MAX_SECONDS
from orchestration.definition.structure import check_model
from orchestration.engine import reviewing
from orchestration.engine.blobs import store_value
from orchestration.engine.outcomes import Claim, Completed, Failed, Outcome, Proposed
from orchestration.engine.process import is_being_ended
from orchestration.engine.retry import delay_before_retry
from orchestration.engine.scope import SUFFIX, StoredValues, build_scope
from orchestration.engine.timeouts import time_limit
from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import AttemptTimedOut, InvalidOutput, InvalidParameters, TaskError
from orchestration.handlers.base import Answer, Handler, NeedsReview, TaskContext
from orchestration.handlers.catalog import find_handler
from orchestration.models import TaskRun

CODE_LIMIT = 100
MODEL_LIMIT = 299  # `clean` may add a character; the column holds 300
MESSAGE_LIMIT = 2_000
TRACEBACK_LIMIT = 8_000
DETAILS_LIMIT = 16_000
CANCELLATION_CHECK_SECONDS = 1.0
# A coroutine is cancelled at its timeout; only one that blocks its loop is interrupted, this much later. (An interrupt
# that hits the loop itself would leave the coroutine unfinished in it, to go on during the next attempt.)
LOOP_GRACE_SECONDS = 0.25

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything an attempt needs, loaded."""

    handler: Handler
    task: TaskConfig
    input_data: dict[str, Any]
    context: TaskContext


def prepare(claim: Claim, values: StoredValues) -> Prepared:
    """Load what the attempt needs. Raises `TaskError` or `TemplateError` when definition and values do not fit."""
    pipeline = pipeline_of(claim.version_id)
    task = pipeline.config.task(claim.name)
    handler = find_handler(task.type)
    if handler is None:  # claimed by its type, so it was known a moment ago
        raise TaskError(f'this worker has no handler for the task type "{task.type}"', code="no_handler")
    templates = {"parameters": task.parameters} | (task.cache.templates if task.cache_enabled else {})
    scope = build_scope(values, pipeline, needed=templates, tasks=pipeline.graph.parents(claim.name))
    rendered = render(templates, scope)
    parameters = rendered.pop("parameters")
    _check_parameters(task.type, parameters)
    filled_in = task.model_copy(update={"parameters": parameters, "cache": task.cache.model_copy(update=rendered)})
    return Prepared(handler, filled_in, _input_data(pipeline, claim.name, scope), _context(claim, pipeline))


def _check_parameters(task_type: str, parameters: dict[str, Any]) -> None:
    """The definition was checked with placeholders in it; now the values are known."""
    model = known_task_types()[task_type].parameters
    if model is None:
        return
    report = Report()
    check_model(model, parameters, report, ("parameters",), kind="parameters")
    if report.has_errors:
        said = "; ".join(problem.message for problem in report.problems)
        raise InvalidParameters(f"with its placeholders filled in: {said}")


def _input_data(pipeline: Pipeline, name: str, scope: dict[str, Any]) -> dict[str, Any]:
    """The execution's input, plus `<task>_output` of each dependency."""
    value = scope["input"]
    outputs = {parent + SUFFIX: scope[parent + SUFFIX] for parent in pipeline.graph.parents(name)}
    return {**(value if isinstance(value, Mapping) else {"input": value}), **outputs}


def _context(claim: Claim, pipeline: Pipeline) -> TaskContext:
    return TaskContext(
        execution_id=str(claim.execution_id),
        pipeline_name=pipeline.name,
        task_name=claim.name,
        attempt=claim.attempt,
        deadline=time.monotonic() + claim.timeout_seconds,
        model=claim.model,
        cancellation_check=_cancellation_check(claim),
    )


def _cancellation_check(claim: Claim) -> Callable[[], bool]:
    """Whether the claim is lost, asked of the database at most once a second."""
    state = {"checked_at": time.monotonic(), "cancelled": False}

    @in_database_thread
    def is_lost() -> bool:
        return not TaskRun.objects.filter(pk=claim.task_run_id, token=claim.token, status="running").exists()

    def check() -> bool:
        if not state["cancelled"] and time.monotonic() - state["checked_at"] >= CANCELLATION_CHECK_SECONDS:
            state["cancelled"] = is_lost()
            state["checked_at"] = time.monotonic()
        return bool(state["cancelled"])

    return check


def execute(claim: Claim, prepared: Prepared) -> Answer:
    """Run the handler under its time limit; returns its output, checked and as Python values."""
    seconds, context = claim.timeout_seconds, prepared.context
    with time_limit(context.remaining_seconds, said=seconds):
        result = prepared.handler(prepared.task, prepared.input_data, context)
    if inspect.isawaitable(result):
        rest = context.remaining_seconds
        with time_limit(rest + LOOP_GRACE_SECONDS, said=seconds):
            result = _run_async(result, rest, said=seconds)
    if not isinstance(result, Mapping | NeedsReview):
        raise InvalidOutput(
            f"the handler returned {type(result).__name__}; it must return a dict", code="output_not_a_dict"
        )
    return result


_loops = threading.local()


def _run_async(awaitable: Awaitable[Any], seconds: float, *, said: float) -> Any:
    """Run a coroutine on this thread's event loop, kept for the thread's life (clients keep connections in it)."""
    runner: asyncio.Runner | None = getattr(_loops, "runner", None)
    if runner is None:
        runner = _loops.runner = asyncio.Runner()

    async def limited() -> Any:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await awaitable
        except TimeoutError as error:
            if not limit.expired():
                raise  # the handler's own
            raise AttemptTimedOut(f"the attempt took longer than its timeout of {said:g} s") from error

    # Its own first context would have the log, and the trace, of the thread's first coroutine for ever.
    return runner.run(limited(), context=contextvars.copy_context())


def outcome_of(claim: Claim, prepared: Prepared) -> Outcome:
    """Run the handler; an exception becomes a failed outcome."""
    context = prepared.context
    try:
        answer = _unless_a_person_may_accept(prepared.task, lambda: _found_or_made(claim, prepared))
        return _answered(prepared, reviewing.ask_when_needed(prepared.task, answer, _seed(claim)))
    # User code: anything may come out of it, and nothing but the keyboard's interrupt may end this process.
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        if is_being_ended():  # nothing the task did: its worker hands the attempt on
            raise SystemExit from error
        return failure(claim, error, context)


def _found_or_made(claim: Claim, prepared: Prepared) -> Answer:
    """What the handler returns, or returned before for the same question, where the task is cached."""
    if not prepared.task.cache_enabled:
        return execute(claim, prepared)
    config = pipeline_of(claim.version_id).config
    written = config.task(claim.name)
    question = Question(prepared.task, written, prepared.input_data, prepared.context, config.cache_ttl)
    return answer_from_cache(question, lambda: execute(claim, prepared))


def _unless_a_person_may_accept(task: TaskConfig, run: Callable[[], Answer]) -> Answer:
    """Run; an output that did not pass is an answer when the task lets people look at such."""
    try:
        return run()
    except TaskError as error:
        if error.rejected_output is None or task.review is None or not task.review.validation_failed:
            raise
        return error.rejected_output


def _answered(prepared: Prepared, answer: Answer) -> Completed | Proposed:
    """The outcome of what a handler returned: an output, or one that waits for a person."""
    context = prepared.context
    used: dict[str, Any] = {"usage": _usage(context), "model": _model(context), "cache": _cache(context)}
    if not isinstance(answer, NeedsReview):
        return Completed(until_the_database_answers(store_value, answer), **used)
    request = reviewing.describe_request(prepared.task, answer, prepared.input_data, context.evidence)
    return Proposed(until_the_database_answers(store_value, dict(answer.output)), request, **used)


def _seed(claim: Claim) -> str:
    return f"{claim.execution_id}/{claim.name}"


def failure(claim: Claim, error: BaseException, context: TaskContext | None = None) -> Failed:
    """The failed outcome of an exception: its class decides whether another try may help."""
    retryable = (
        error.retryable if isinstance(error, TaskError) else not isinstance(error, TemplateError | UnstorableValue)
    )
    retry = pipeline_of(claim.version_id).config.task(claim.name).retry
    return Failed(
        describe(error),
        retryable=retryable,
        delay_seconds=delay_before_retry(
            retry, failures=claim.failures + 1, random=random.random(), retry_after=_retry_after(error)
        ),
        timed_out=isinstance(error, AttemptTimedOut),
        usage=_usage(context) if context else None,
        model=_model(context) if context else claim.model,
        cache=_cache(context) if context else None,
    )


def _retry_after(error: BaseException) -> float | None:
    """The seconds an exception asks for, if that is a time at all; no more than a definition may ask for."""
    try:
        seconds = float(getattr(error, "retry_after", None) or 0.0)
    except (TypeError, ValueError):
        return None
    return min(seconds, MAX_SECONDS) if seconds > 0 else None


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as stored: code, message and traceback. Never local variables: they hold prompts and keys."""
    code = getattr(error, "code", None)
    described: dict[str, Any] = {
        "code": clean(code, CODE_LIMIT) if isinstance(code, str) else "handler_error",
        "message": clean(_text_of(error), MESSAGE_LIMIT),
        "type": type(error).__name__,
    }
    if isinstance(error, AttemptTimedOut):
        described["timeout"] = "attempt"
    if details := getattr(error, "details", None):
        described["details"] = _storable(details)
    if not isinstance(error, TaskError | TemplateError | UnstorableValue):
        described["traceback"] = clean("".join(traceback.format_exception(error, limit=-20)), TRACEBACK_LIMIT)
    return described


def _text_of(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception as broken:  # noqa: BLE001 - an exception's own text is user code too
        return f"{type(error).__name__} (asking for its text raised {type(broken).__name__})"


def _storable(details: object) -> Any:
    """Details as stored, never in a blob: lists in large ones are cut, and what cannot be kept is said to be missing,
    since the failure itself must be recorded."""
    try:
        encoded = json_boundary.encode(details)
    except UnstorableValue as error:
        return {"not_stored": str(error)}
    for most in (100, 30, 10, 3):
        if len(json_boundary.dump(encoded)) <= DETAILS_LIMIT:
            return encoded
        encoded = _cut(encoded, most)
    return {"not_stored": f"they take more than {DETAILS_LIMIT:,} bytes"}


def _cut(encoded: Any, most: int) -> Any:
    """With so many items of each list, and texts no longer than a hundred times that."""
    if isinstance(encoded, list):
        return [_cut(item, most) for item in encoded[:most]]
    if isinstance(encoded, dict):
        return {key: _cut(value, most) for key, value in encoded.items()}
    return clean(encoded, most * 100) if isinstance(encoded, str) else encoded


def clean(text: str, limit: int) -> str:
    """Text fit for any column: no NUL, no lone surrogates, at most `limit` characters (the end is what tells)."""
    plain = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return plain if len(plain) <= limit else "…" + plain[-limit:]


def _usage(context: TaskContext) -> dict[str, Any] | None:
    """What the handler noted, as storable; left out when it cannot be stored, since the result counts more."""
    try:
        encoded: dict[str, Any] = json_boundary.encode(dict(context.usage))
    except (UnstorableValue, TypeError, ValueError) as error:
        logger.warning("the usage noted by %s is left out: %s", context.task_name, error)
        return None
    return encoded or None


def _cache(context: TaskContext) -> dict[str, Any] | None:
    """What the cache did, as storable: names of the input's keys may stand in it."""
    return None if context.cache is None else json_boundary.encode(context.cache)


def _model(context: TaskContext) -> str:
    return clean(str(context.model), MODEL_LIMIT)
