"""What a handler is given and what it may be."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.definition import TaskConfig

Handler = Callable[[TaskConfig, dict[str, Any], "TaskContext"], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
"""`(task_config, input_data, context) -> dict`, as `def` or `async def`.

`task_config` has its parameters' placeholders filled in; `input_data` is the execution's input plus `<task>_output` of
each dependency; the dict returned is the task's output.
"""


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
    cancellation_check: Callable[[], bool] = lambda: False

    @property
    def is_cancelled(self) -> bool:
        """True once the result is no longer wanted: long handlers look now and then, and stop."""
        return self.cancellation_check()

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the attempt's timeout, never below zero: give it to network calls."""
        return max(0.0, self.deadline - time.monotonic())
