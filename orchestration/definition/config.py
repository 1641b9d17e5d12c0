"""The canonical model of a pipeline: what YAML, JSON and dicts all become. Structure only.

Whether names, references, task types and schemas fit together is checked in `checks`. Times are in seconds.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from orchestration.definition.caching import CacheConfig
from orchestration.definition.review import ReviewConfig
from orchestration.definition.sections import Delay, Factor, NameList, Seconds, Section
from orchestration.definition.templates import FIXED_ROOTS
from orchestration.queues import MAX_LENGTH, NAME_PATTERN, name_fault

# Keys whose meaning is decided but not built. One of these is answered with "comes with a later version".
RESERVED_KEYS: Mapping[str, frozenset[str]] = {
    "task": frozenset({"when", "join", "map", "pipeline", "fallback_models", "budget"}),
    "pipeline": frozenset({"budget", "fallback_models"}),
}


def _not_reserved(name: str) -> str:
    if name in FIXED_ROOTS:
        raise PydanticCustomError("reserved_name", 'the name "{name}" is reserved; choose another', {"name": name})
    return name


def _not_the_brokers(name: str) -> str:
    if fault := name_fault(name):
        raise PydanticCustomError("reserved_name", "{fault}", {"fault": fault})
    return name


TaskName = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_reserved)
]
PIPELINE_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")
PIPELINE_NAME_RULE = "use letters, digits, underscores, hyphens and dots, and begin with a letter or an underscore"
PipelineName = Annotated[str, Field(min_length=1, max_length=200, pattern=PIPELINE_NAME.pattern)]
QueueName = Annotated[
    str, Field(min_length=1, max_length=MAX_LENGTH, pattern=NAME_PATTERN), AfterValidator(_not_the_brokers)
]
Description = Annotated[str, Field(max_length=20_000)]
Labels = dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=500)]]


class RetryConfig(Section):
    """When a failed attempt is tried again: after `initial` seconds, then each time `factor` times as long."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """Attempts in all, the first one included."""
    initial: Delay = 1.0
    """Seconds before the second attempt."""
    factor: Factor = 2.0
    """How much longer each further delay is."""
    max_delay: Delay = 60.0
    """The longest delay in seconds."""
    jitter: Literal["full", "none"] = "full"
    """`full` draws each delay between 0 and its length, so that tasks do not all come back at once."""

    @model_validator(mode="after")
    def _delays_fit(self) -> Self:
        if self.initial > self.max_delay:
            raise PydanticCustomError("out_of_range", "retry.initial must not be greater than retry.max_delay")
        return self


class TaskConfig(Section):
    """One task of a pipeline."""

    name: TaskName
    """Letters, digits and underscores; others refer to its result as `{name_output…}`."""
    type: Annotated[str, Field(min_length=1, max_length=100)]
    """What kind of work it is."""
    description: Description = ""
    """For people."""
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The model that does it: a registered model, a routed name or a provider's."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the task type needs; texts may hold placeholders."""
    dependencies: NameList = ()
    """Names of the tasks that must be completed first."""
    queue: QueueName | None = None
    """The queue it waits in, for the workers that listen to it; TASK_QUEUES decides when not given."""
    timeout: Seconds | None = None
    """Seconds one attempt may take."""
    queue_timeout: Seconds | None = None
    """Seconds it may wait for a worker."""
    retry: RetryConfig = RetryConfig()
    """When a failed attempt is tried again."""
    cache_enabled: bool = False
    """Whether an earlier result for the same input may be used."""
    cache_ttl: Seconds | None = None
    """Seconds a cached result is good for; the pipeline's when not given."""
    cache: CacheConfig = CacheConfig()
    """How results are kept: tags, what the key is made of, when they are made anew."""
    review: ReviewConfig | None = None
    """When a person looks at the result before anything follows from it."""
    max_crashes: Annotated[int, Field(ge=1, le=100)] = 3
    """How often its worker may die before the task fails."""
    labels: Labels = Field(default_factory=dict)
    """Free words to filter by."""


class SlaConfig(Section):
    """A service level: this share of the executions completes within so many seconds of being submitted."""

    seconds: Seconds
    """From submission to completion."""
    share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.99
    """Of all executions, 0 to 1."""


class PipelineConfig(Section):
    """A pipeline."""

    name: PipelineName
    """Letters, digits, `_`, `-` and `.`."""
    description: Description = ""
    """For people."""
    version: Annotated[str, Field(min_length=1, max_length=100)] = "1.0.0"
    """A text of your choice; definitions are told apart by their content."""
    tasks: Annotated[tuple[TaskConfig, ...], Field(strict=False)] = ()
    """The tasks."""
    cache_ttl: Seconds | None = None
    """Seconds a cached result is good for, for tasks that say nothing else."""
    enable_monitoring: bool = True
    """Whether metrics are recorded."""
    global_parameters: dict[str, Any] = Field(default_factory=dict)
    """Values for `{global.name}` in any task; `output_mapping` names the outputs."""
    inputs: dict[str, Any] | None = None
    """JSON Schema (or the short form) that the input must fit."""
    outputs: dict[str, Any] | None = None
    """JSON Schema (or the short form) that the output must fit."""
    labels: Labels = Field(default_factory=dict)
    """Free words to filter by."""
    timeout: Seconds | None = None
    """Seconds an execution may take in all."""
    sla: SlaConfig | None = None
    """The service level; alert rules watch it."""
    max_parallel: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many tasks of one execution may run side by side."""

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Self:
        """Structure only; `Pipeline` checks the meaning too. Raises pydantic's ValidationError."""
        return cls.model_validate(dict(definition))

    def task(self, name: str) -> TaskConfig:
        """KeyError when there is none of this name."""
        return self.tasks_by_name[name]

    @cached_property
    def tasks_by_name(self) -> dict[str, TaskConfig]:
        return {task.name: task for task in self.tasks}

    @property
    def output_mapping(self) -> dict[str, str]:
        """Names of outputs and the references they come from; empty when not given."""
        return dict(self.global_parameters.get("output_mapping") or {})

    @property
    def globals(self) -> dict[str, Any]:
        """What `{global.…}` reaches."""
        return {key: value for key, value in self.global_parameters.items() if key != "output_mapping"}
