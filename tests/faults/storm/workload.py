"""The pipelines of a storm, the task types they use, and what each task must return. Workers load this module.

A task's value is a digest of its name, its definition's revision, the execution's salt and its parents' values, so one
look at a row tells whether it was computed from the right inputs. Beside it stands a word drawn anew by each attempt,
and the words its parents had: a recorded result that was ever replaced shows as a child that saw another word.
"""

import hashlib
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from orchestration import RetryableTaskError, TaskConfig, TaskContext, TaskError, task_handler
from tests.sample_handlers import AWKWARD

# Storms kill so often that a task may be hit again and again; how crashes end a task is tested elsewhere.
MAX_CRASHES = 100
RETRY = {"max_attempts": 4, "initial": 0.1, "max_delay": 0.5}
CORRECTED = "approve_with_edits"
VERDICTS = ("approve", "approve", CORRECTED, "reject")
AWKWARD_KINDS = ("nul", "surrogate", "nan", "infinity", "keys", "placeholder", "large")


@task_handler("storm")
def storm(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Sleep, fail or die as asked, then return what `expected_values` expects."""
    parameters = task_config["parameters"]
    _misbehave(parameters, context)
    time.sleep(parameters.get("seconds", 0))
    seen = parameters["parents"]
    output = {
        "value": digest(context.task_name, parameters["revision"], parameters["salt"], [one["value"] for one in seen]),
        "word": uuid.uuid4().hex,
        "seen": [one["word"] for one in seen],
    }
    return output | ({"awkward": AWKWARD[parameters["awkward"]]()} if "awkward" in parameters else {})


def _misbehave(parameters: Mapping[str, Any], context: TaskContext) -> None:
    if parameters.get("doomed"):
        raise TaskError("as asked", code="doomed")
    if context.attempt <= parameters.get("fails", 0):
        raise RetryableTaskError(f"attempt {context.attempt}")
    if context.attempt <= parameters.get("dies", 0):
        os.kill(os.getpid(), signal.SIGKILL)


def digest(name: str, revision: int, salt: str, parents: Iterable[str]) -> str:
    return hashlib.sha256("|".join([name, str(revision), salt, *parents]).encode()).hexdigest()[:16]


def expected_values(tasks: Iterable[Mapping[str, Any]], salt: str) -> dict[str, str]:
    """The value of each task, from its definition (tasks come before those that depend on them)."""
    values: dict[str, str] = {}
    for task in tasks:
        parents = [values[parent] for parent in task.get("dependencies", [])]
        values[task["name"]] = digest(task["name"], task["parameters"]["revision"], salt, parents)
    return values


def task(name: str, *parents: str, revision: int, **parameters: Any) -> dict[str, Any]:
    given = [{"value": f"{{{parent}_output.value}}", "word": f"{{{parent}_output.word}}"} for parent in parents]
    return {
        "name": name,
        "type": "storm",
        "dependencies": list(parents),
        "parameters": {"salt": "{input.salt}", "revision": revision, "parents": given, **parameters},
        "max_crashes": MAX_CRASHES,
        "retry": RETRY,
    }


Tasks = list[dict[str, Any]]


def chain(revision: int) -> Tasks:
    names = [f"t{number}" for number in range(8)]
    return [task(name, *names[max(0, at - 1) : at], revision=revision, seconds=0.1) for at, name in enumerate(names)]


def diamond(revision: int) -> Tasks:
    middle = [task(name, "top", revision=revision, seconds=0.3) for name in ("left", "middle", "right")]
    return [task("top", revision=revision), *middle, task("bottom", "left", "middle", "right", revision=revision)]


def fan_out(revision: int) -> Tasks:
    names = [f"t{number}" for number in range(30)]
    spread = [task(name, "first", revision=revision, seconds=0.1) for name in names]
    return [task("first", revision=revision), *spread, task("last", *names, revision=revision)]


def flaky(revision: int) -> Tasks:
    """Two failures and then success, before and after other tasks."""
    return [
        task("first", revision=revision, fails=2),
        task("second", "first", revision=revision),
        task("third", "second", revision=revision, fails=1),
    ]


def slow(revision: int) -> Tasks:
    """Longer than the storm's visibility timeout, and than a lease between two renewals."""
    spread = [task(f"t{number}", revision=revision, seconds=2.5) for number in range(2)]
    return [*spread, task("last", "t0", "t1", revision=revision)]


def deadly(revision: int) -> Tasks:
    """A task whose first attempt kills its process."""
    return [task("first", revision=revision, dies=1), task("second", "first", revision=revision)]


def awkward(revision: int) -> Tasks:
    """Values that break careless stores, each handed on."""
    rows = [task(kind, revision=revision, awkward=kind) for kind in AWKWARD_KINDS]
    return [*rows, task("last", *AWKWARD_KINDS, revision=revision)]


def doomed(revision: int) -> Tasks:
    """One branch fails for good, its descendants are skipped, the other branch goes on."""
    return [
        task("good", revision=revision),
        task("bad", revision=revision, doomed=True),
        task("after_good", "good", revision=revision),
        task("after_bad", "bad", revision=revision),
    ]


def reviewed(revision: int) -> Tasks:
    """A person looks at one result before what follows from it may begin; another branch goes on meanwhile."""
    asked = task("asked", "first", revision=revision) | {"review": {"always": True, "on_reject": "continue"}}
    beside = task("beside", "first", revision=revision, seconds=0.1)
    return [task("first", revision=revision), asked, beside, task("last", "asked", "beside", revision=revision)]


def reply_to(proposed: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What people say to a result, by its word: the verdict, and the corrected output where they correct it."""
    place = int(proposed["word"], 16) % len(VERDICTS)
    verdict = VERDICTS[place]
    return verdict, {**proposed, "noted": proposed["word"]} if verdict == CORRECTED else None


# name → (the tasks, how often it is submitted beside the others)
PIPELINES: dict[str, tuple[Callable[[int], Tasks], int]] = {
    "storm_chain": (chain, 4),
    "storm_diamond": (diamond, 5),
    "storm_fan_out": (fan_out, 2),
    "storm_flaky": (flaky, 3),
    "storm_slow": (slow, 2),
    "storm_deadly": (deadly, 1),
    "storm_awkward": (awkward, 1),
    "storm_doomed": (doomed, 1),
    "storm_reviewed": (reviewed, 3),
}
# name → the share of its executions that is cancelled soon after the submission
CANCELLED = {"storm_fan_out": 0.3, "storm_reviewed": 0.2}


def definition(name: str, revision: int) -> dict[str, Any]:
    return {"name": name, "tasks": PIPELINES[name][0](revision), "max_parallel": 10}
