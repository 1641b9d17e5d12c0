"""One attempt: whatever a handler does, an outcome comes back and the execution ends."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.engine import runner, store
from orchestration.engine.blobs import load_value
from orchestration.exceptions import RetryableTaskError, TaskError
from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import register_task_handler
from orchestration.models import Execution, TaskRun
from tests.engine import flow
from tests.engine.soundness import assert_sound
from tests.sample_handlers import AWKWARD

pytestmark = pytest.mark.django_db
Handler = Callable[[Any, dict[str, Any], TaskContext], Any]
ONCE = {"retry": {"max_attempts": 1}}


def work(execution: Execution) -> Execution:
    """Do all there is to do now, as one worker process would."""
    who = flow.claimant()
    while runner.work_on(store.claim_oldest(who), who):
        pass
    assert_sound(execution)
    return flow.reload(execution)


def run_handler(handler: Handler, **definition: Any) -> TaskRun:
    """Run an execution whose only task is performed by `handler`."""
    register_task_handler("adhoc", handler)
    execution = flow.start(each={"type": "adhoc", **ONCE, **definition})
    work(execution)
    return flow.row(execution)


def error_of(handler: Handler, **definition: Any) -> dict[str, Any]:
    found = run_handler(handler, **definition)
    assert found.status in ("failed", "timed_out", "retrying")
    assert found.error is not None
    return dict(found.error)


def raiser(error: BaseException) -> Handler:
    def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        raise error

    return handler


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


def test_a_whole_pipeline_is_run_by_one_job_with_values_passed_on() -> None:
    parameters = {"text": "{input.word} and {a_output.text}", "all": "{a_output}"}
    execution = flow.start(
        {"a": [], "b": ["a"]},
        tasks={"a": {"parameters": {"text": "{global.tone}"}}, "b": {"parameters": parameters}},
        global_parameters={"tone": "dry {input.word}"},
        input_data={"word": "x"},
    )
    assert work(execution).status == "completed"
    assert flow.row(execution, "b").output == {"text": "x and dry {input.word}", "all": {"text": "dry {input.word}"}}


@pytest.mark.one_database
def test_a_handler_sees_the_input_and_the_outputs_of_its_dependencies() -> None:
    execution = flow.start({"a": [], "b": ["a"]}, tasks={"b": {"type": "echo_input"}}, input_data={"n": 1})
    work(execution)
    assert flow.row(execution, "b").output == {"input": {"n": 1, "a_output": {}}}


@pytest.mark.one_database
def test_what_a_handler_does_to_a_global_parameter_reaches_no_other_execution() -> None:
    def greedy(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        config["parameters"]["words"].append(input_data["who"])
        return {"words": config["parameters"]["words"]}

    register_task_handler("adhoc", greedy)
    task = {"a": {"type": "adhoc", "parameters": {"words": "{global.words}"}}}
    for who in ("ana", "ben"):
        execution = flow.start(tasks=task, global_parameters={"words": ["base"]}, input_data={"who": who})
        work(execution)
        assert flow.row(execution).output == {"words": ["base", who]}


def test_large_details_of_an_error_stay_in_its_row_and_lists_in_them_are_cut() -> None:
    problems = [{"pointer": f"/{number}", "message": "x" * 300} for number in range(5_000)]
    error = error_of(raiser(TaskError("no", code="invalid", details={"problems": problems, "count": 5_000})))
    assert error["details"]["count"] == 5_000
    assert error["details"]["problems"] == problems[:30]
    assert error_of(raiser(TaskError("no", code="invalid", details={str(n): n for n in range(9_000)})))["details"] == {
        "not_stored": "they take more than 16,000 bytes"
    }


@pytest.mark.one_database
def test_an_unknown_exception_is_tried_again_and_keeps_its_traceback_without_local_variables() -> None:
    def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        api_key = "secret-" + str(len(input_data))  # noqa: F841  # must not be found in what is stored
        raise ZeroDivisionError("boom")

    found = run_handler(handler, retry={"max_attempts": 2, "initial": 60})
    assert found.status == "retrying"
    assert found.error is not None
    assert (found.error["code"], found.error["type"], found.error["message"]) == (
        "handler_error", "ZeroDivisionError", "boom",
    )  # fmt: skip
    assert "ZeroDivisionError: boom" in found.error["traceback"]
    assert "secret-0" not in str(found.error)


@pytest.mark.one_database
def test_a_task_error_keeps_its_code_and_is_final() -> None:
    execution = flow.start(each={"type": "fail", "parameters": {"code": "no_such_customer", "message": "no 7"}})
    ended = work(execution)
    assert ended.error == {"code": "no_such_customer", "message": "no 7", "task": "a"}
    assert flow.row(execution).failures == 1


def test_retry_after_is_obeyed() -> None:
    found = run_handler(raiser(RetryableTaskError("busy", retry_after=500)), retry={"max_attempts": 2})
    assert found.not_before is not None
    assert found.finished_at is None
    attempt = found.attempts.get()
    assert (found.not_before - attempt.finished_at).total_seconds() == pytest.approx(500, abs=60)


@pytest.mark.parametrize("asked", [float("nan"), float("inf"), 1e300, -5, "12", "soon", b"1", []], ids=repr)
def test_a_nonsensical_retry_after_does_no_harm(asked: Any) -> None:
    error = RetryableTaskError("busy")
    error.retry_after = asked
    found = run_handler(raiser(error), retry={"max_attempts": 2})
    assert (found.status, found.failures) == ("retrying", 1)


@pytest.mark.one_database
@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError("stop")], ids=repr)
def test_a_handler_that_tries_to_end_the_process_only_fails_itself(error: BaseException) -> None:
    assert error_of(raiser(error))["type"] == type(error).__name__


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("not even that")


@pytest.mark.one_database
def test_an_exception_that_cannot_be_printed_is_still_a_failure() -> None:
    assert error_of(raiser(Unprintable()))["type"] == "Unprintable"


def test_awkward_characters_in_errors_can_be_stored() -> None:
    error = error_of(raiser(TaskError("a\x00b\ud800" + "x" * 5000, code="c\x00d" + "y" * 500)))
    assert "\x00" not in str(error)
    assert len(error["message"]) <= 2_001


USAGES: dict[str, Any] = {
    "nan": {"n": float("nan")}, "nul": {"a\x00": "\ud800"}, "object": {"o": object()}, "none": None, "list": [1],
}  # fmt: skip


@pytest.mark.parametrize("kind", USAGES)
def test_an_awkward_usage_cannot_keep_a_result_from_being_recorded(kind: str) -> None:
    def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        context.usage = USAGES[kind]
        return {"x": 1}

    found = run_handler(handler)
    assert (found.status, found.output) == ("completed", {"x": 1})


@pytest.mark.parametrize("model", ["m" * 5000, "m\x00", "\ud800"], ids=["long", "nul", "surrogate"])
def test_an_awkward_model_name_cannot_keep_a_result_from_being_recorded(model: str) -> None:
    def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        context.model = model
        return {"x": 1}

    assert run_handler(handler).output == {"x": 1}


EXPECTED = {
    "bytes": "bytes have no JSON form",
    "object": "a value of type object has no JSON form",
    "deep": "nested more than 100 levels deep",
    "huge": "bytes as JSON, more than VALUE_MAX_BYTES",
    "huge_integer": "an integer of more than about 4000 digits",
}


@pytest.mark.parametrize("kind", sorted(set(AWKWARD) - {"nan"}))
def test_an_awkward_output_is_stored_as_it_is_or_refused_with_a_reason(kind: str) -> None:
    execution = flow.start(each={"type": "awkward", "parameters": {"kind": kind}})
    ended = work(execution)
    if kind in EXPECTED:
        assert (ended.status, flow.row(execution).failures) == ("failed", 1)
        assert ended.error is not None
        assert ended.error["code"] == "unstorable_value"
        assert EXPECTED[kind] in ended.error["message"]
    else:
        expected = {"1": "a", "null": "b", "\x00": "c", "$blob": "d"} if kind == "keys" else AWKWARD[kind]()
        assert load_value(flow.row(execution).output) == {"value": expected}


@pytest.mark.one_database
def test_a_result_that_is_no_dict_is_refused() -> None:
    ended = work(flow.start(each={"type": "not_a_dict"}))
    assert ended.error == {
        "code": "output_not_a_dict",
        "message": "the handler returned list; it must return a dict",
        "task": "a",
    }


@pytest.mark.one_database
def test_a_parameter_filled_in_with_the_wrong_type_is_named_with_what_it_holds() -> None:
    each = {"type": "text_generation", "model": "local/summarize", "parameters": {"input": "{input.x}"}}
    ended = work(flow.start(input_data={"x": 5}, each=each))
    assert ended.error is not None
    assert "parameters.input must be text, not the number 5" in ended.error["message"]


@pytest.mark.one_database
def test_a_parameter_that_cannot_be_filled_in_fails_the_task_and_names_it() -> None:
    execution = flow.start(each={"parameters": {"text": "{input.nothing}"}})
    ended = work(execution)
    assert ended.error is not None
    assert "{input.nothing} cannot be filled in" in ended.error["message"]
    assert flow.row(execution).failures == 1


@pytest.mark.one_database
def test_a_handler_is_interrupted_at_its_timeout() -> None:
    execution = flow.start(each={"type": "sleep", "parameters": {"seconds": 30}, "timeout": 0.1, **ONCE})
    assert work(execution).status == "failed"
    found = flow.row(execution)
    assert found.status == "timed_out"
    assert found.error == {
        "code": "attempt_timed_out",
        "message": "the attempt took longer than its timeout of 0.1 s",
        "type": "AttemptTimedOut",
        "timeout": "attempt",
    }


@pytest.mark.one_database
def test_an_async_handler_is_interrupted_at_its_timeout() -> None:
    execution = flow.start(each={"type": "echo_async", "parameters": {"seconds": 30}, "timeout": 0.1, **ONCE})
    work(execution)
    assert flow.row(execution).status == "timed_out"


@pytest.mark.one_database
def test_an_async_handler_that_is_interrupted_is_cancelled_and_does_not_go_on_later() -> None:
    said: list[str] = []

    async def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        try:
            await asyncio.sleep(0.2)
            said.append("went on")
        finally:
            said.append("cleaned up")
        return {}

    async def next_handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        await asyncio.sleep(0.3)
        return {}

    assert run_handler(handler, timeout=0.05).status == "timed_out"
    assert said == ["cleaned up"]
    run_handler(next_handler)
    assert said == ["cleaned up"]


@pytest.mark.one_database
def test_an_async_handler_that_blocks_its_loop_is_interrupted_too() -> None:
    async def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        time.sleep(30)  # noqa: ASYNC251  # what users do
        return {}

    assert "longer than its timeout of 0.05 s" in error_of(handler, timeout=0.05)["message"]


@pytest.mark.one_database
def test_a_timeout_of_the_handlers_own_is_not_taken_for_the_attempts() -> None:
    async def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    error = error_of(handler)
    assert (error["type"], error["code"]) == ("TimeoutError", "handler_error")


@pytest.mark.one_database
def test_async_handlers_of_one_thread_share_an_event_loop() -> None:
    loops = []

    async def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        loops.append(asyncio.get_running_loop())
        return {}

    run_handler(handler)
    run_handler(handler)
    assert loops[0] is loops[1]


@pytest.mark.usefixtures("broker")
def test_a_job_hands_over_after_its_share_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_TASKS_IN_A_ROW", 3)
    execution = flow.start(flow.FAN, max_parallel=1)
    assert runner.work_on(flow.take(flow.claimant()), flow.claimant()) == 3
    assert list(flow.statuses(execution).values()) == ["completed"] * 3 + ["queued"] * 5
    assert flow.row(execution, "d").hints == 1, "a hint for whoever comes next"
    assert_sound(execution)


def test_a_job_hands_over_after_its_share_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_SECONDS_IN_A_ROW", 0.0)
    flow.start(flow.FAN)
    assert runner.work_on(flow.take(flow.claimant()), flow.claimant()) == 1


def test_a_stale_hint_is_spent_on_the_task_run_that_waited_longest() -> None:
    cancelled, other = flow.start(), flow.start()
    hint = flow.hint_of(cancelled, "a")
    store.cancel(cancelled.pk)
    assert runner.work(hint, flow.claimant()) == 1
    assert flow.reload(other).status == "completed"


def test_a_handler_asks_whether_its_result_is_still_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.engine.attempt.CANCELLATION_CHECK_SECONDS", 0.0)
    seen = []

    def handler(config: Any, input_data: dict[str, Any], context: TaskContext) -> Any:
        seen.append(context.is_cancelled)
        store.cancel(Execution.objects.get().pk)
        seen.append(context.is_cancelled)
        return {}

    assert run_handler(handler).status == "cancelled"
    assert seen == [False, True]
