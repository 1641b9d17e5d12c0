"""Task types for tests, loaded by workers through TASK_HANDLER_MODULES=tests.sample_handlers."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration import RetryableTaskError, TaskConfig, TaskContext, TaskError, task_handler


@task_handler("echo")
def echo(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Return the parameters."""
    return dict(task_config["parameters"])


@task_handler("echo_input")
def echo_input(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    return {"input": input_data}


@task_handler("echo_async")
async def echo_async(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    await asyncio.sleep(task_config["parameters"].get("seconds", 0))
    return dict(task_config["parameters"])


@task_handler("sleep")
def sleep(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Sleep for `seconds`; append the process id to `log` at the start and the end."""
    parameters = task_config["parameters"]
    note(parameters, "start", context)
    time.sleep(parameters["seconds"])
    note(parameters, "end", context)
    return {"pid": os.getpid(), "attempt": context.attempt}


@task_handler("clock")
def clock(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """What time this process believes it is."""
    return {"time": time.time()}


@task_handler("sleep_once")
def sleep_once(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Sleep long in the first attempt only, so that a killed one's successor is quick."""
    parameters = task_config["parameters"]
    first = not Path(parameters["log"]).exists() or not Path(parameters["log"]).read_text()
    note(parameters, "start", context)
    if first:
        time.sleep(parameters["seconds"])
    note(parameters, "end", context)
    return {"attempt": context.attempt}


def note(parameters: Mapping[str, Any], word: str, context: TaskContext) -> None:
    if "log" in parameters:
        with open(parameters["log"], "a") as log:
            log.write(f"{word} {context.task_name} {os.getpid()} {context.attempt}\n")


@task_handler("fail")
def fail(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Fail for good with `code`, or retryably while `context.attempt` ≤ `times`."""
    parameters = task_config["parameters"]
    if "times" not in parameters:
        raise TaskError(parameters.get("message", "as asked"), code=parameters.get("code"))
    if context.attempt <= parameters["times"]:
        raise RetryableTaskError(f"attempt {context.attempt}", retry_after=parameters.get("retry_after"))
    return {"attempt": context.attempt}


@task_handler("raise")
def raise_unknown(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    raise ZeroDivisionError(task_config["parameters"].get("message", "boom"))


@task_handler("die")
def die(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Kill the own process while `context.attempt` ≤ `times`."""
    if context.attempt <= task_config["parameters"].get("times", 10**9):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempt": context.attempt}


@task_handler("stubborn")
def stubborn(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Ignore the timeout's exception, so that only a kill ends it."""
    end = time.monotonic() + task_config["parameters"]["seconds"]
    while time.monotonic() < end:
        try:
            time.sleep(end - time.monotonic())
        except Exception:  # noqa: BLE001 - that is the point
            continue
    return {}


@task_handler("awkward")
def awkward(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Return one of the values that break careless stores."""
    return {"value": AWKWARD[task_config["parameters"]["kind"]]()}


AWKWARD: dict[str, Any] = {
    "nul": lambda: "a\x00b",
    "surrogate": lambda: "a\ud800b",
    "nan": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "bytes": lambda: b"abc",
    "object": object,
    "deep": lambda: __import__("functools").reduce(lambda inner, _: [inner], range(5000), []),
    "large": lambda: "x" * 2_000_000,
    "huge": lambda: "x" * 70_000_000,
    "huge_integer": lambda: 10**5000,
    "keys": lambda: {1: "a", None: "b", "\x00": "c", "$blob": "d"},
    "placeholder": lambda: "{input.secret}",
}


@task_handler("not_a_dict")
def not_a_dict(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> Any:
    return [1, 2, 3]


@task_handler("wait_for_cancel")
def wait_for_cancel(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    context.usage["units"] = 7
    note(task_config["parameters"], "start", context)
    while not context.is_cancelled:
        time.sleep(0.05)
    note(task_config["parameters"], "cancelled", context)
    return {}
