"""What a handler is given and what it may be."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.review import Reason, ReviewRequestOptions


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """What a handler returns when a person is to decide about its output before it counts."""

    output: Mapping[str, Any]
    """As the task's output would be."""
    reasons: Sequence[Reason]
    options: ReviewRequestOptions = field(default_factory=ReviewRequestOptions)
    instructions: str = ""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of what the reviewer may make of it."""


Answer = Mapping[str, Any] | NeedsReview
Handler = Callable[[TaskConfig, dict[str, Any], "TaskContext"], Answer | Awaitable[Answer]]
"""`(task_config, input_data, context) -> dict`, as `def` or `async def`.

`task_config` has its parameters' placeholders filled in; `input_data` is the execution's input plus `<task>_output` of
each dependency; the dict returned is the task's output. `NeedsReview` instead of a dict puts a person before it.
"""


@dataclass
class Evidence:
    """What an output was made from, for the person who may have to decide about it."""

    text: str = ""
    """The document that was read."""
    places: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """By field: from which character to which (exclusive) of `text`."""


@dataclass
class TaskContext:
    """The attempt a handler runs in."""

    execution_id: str
    pipeline_name: str
    task_name: str
    attempt: int
    """1 for the first try."""
    deadline: float
    """On `time.monotonic()`'s clock."""
    model: str = ""
    """The model as resolved when the execution started; empty when the task uses none."""
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("orchestration.handlers"))
    usage: dict[str, Any] = field(default_factory=dict)
    """What the attempt used (tokens, characters …); handlers add to it, the task run keeps it."""
    evidence: Evidence = field(default_factory=Evidence)
    """Shown to a reviewer beside the output; kept only when there is one."""
    cache: dict[str, Any] | None = None
    """What the result cache did for the attempt; None for tasks that are not cached."""
    not_kept: str = ""
    """Why the result cache must not keep this result, as `keep_out_of_cache` was told."""
    cancellation_check: Callable[[], bool] = lambda: False

    def keep_out_of_cache(self, reason: str) -> None:
        """Have this result not be kept: it is worse than it should be, as one of a fallback is."""
        self.not_kept = reason

    @property
    def is_cancelled(self) -> bool:
        """True once the result is no longer wanted: long handlers look now and then, and stop."""
        return self.cancellation_check()

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the attempt's timeout, never below zero: give it to network calls."""
        return max(0.0, self.deadline - time.monotonic())
