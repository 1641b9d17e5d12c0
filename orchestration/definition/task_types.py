"""The task types a definition may use. Which code performs them is no matter here (see `orchestration.handlers`)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel

from orchestration.definition.parameters import (
    ClassificationParameters,
    ExtractionParameters,
    HumanReviewParameters,
    TextGenerationParameters,
    ValidationParameters,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class TaskTypeSpec:
    """What a definition must know of a task type. `parameters=None`: any parameters are accepted."""

    name: str
    summary: str
    parameters: type[BaseModel] | None
    model: Literal["required", "optional", "none"]
    default_model: str | None = None
    model_for: str | None = None
    """The one parameter that a model is for: with it a task must name one, without it none is used."""
    default_model_needs: str | None = None
    """The parameter that the default model cannot do without, and another may."""

    def lacks(self, task: Mapping[str, object]) -> str | None:
        """The parameter that a task, as written, must have beside the default model and has not."""
        parameters = task.get("parameters", {})
        is_default = task.get("model") in (None, self.default_model)
        is_given = not isinstance(parameters, Mapping) or self.default_model_needs in parameters
        return self.default_model_needs if is_default and not is_given else None

    def model_need(self, parameters: object) -> Literal["required", "optional", "none"]:
        """Whether a task with these parameters names a model."""
        if self.model_for is None:
            return self.model
        return "required" if isinstance(parameters, Mapping) and self.model_for in parameters else "none"


BUILT_IN: Mapping[str, TaskTypeSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            TaskTypeSpec("text_generation", "writes text with a model", TextGenerationParameters, "required"),
            TaskTypeSpec(
                "classification",
                "puts a text into categories",
                ClassificationParameters,
                "optional",
                "local/classify",
                default_model_needs="categories",
            ),
            TaskTypeSpec("extraction", "finds fields in a text", ExtractionParameters, "optional", "local/extract"),
            TaskTypeSpec(
                "validation", "checks values against rules", ValidationParameters, "optional", model_for="criteria"
            ),
            TaskTypeSpec("human_review", "asks a person to decide", HumanReviewParameters, "none"),
            TaskTypeSpec("custom", "runs code of your own", None, "optional"),
        )
    }
)
_registered: dict[str, TaskTypeSpec] = {}
_loaders: list[Callable[[], None]] = []


def register_task_type(spec: TaskTypeSpec) -> None:
    """Adds a task type, or replaces one added before. ValueError for a built-in's name or a name nobody could write."""
    if spec.name in BUILT_IN:
        raise ValueError(f'the task type "{spec.name}" is built in and cannot be replaced; choose another name')
    if not _NAME.fullmatch(spec.name):
        raise ValueError(f'"{spec.name}" cannot be a task type: use letters, digits, "_", "-" and "."')
    _registered[spec.name] = spec


def load_task_types_with(load: Callable[[], None]) -> None:
    """`load` registers the installation's own task types. Called before each check of a definition: make it cheap."""
    _loaders.append(load)


def installed_task_types() -> Mapping[str, TaskTypeSpec]:
    """`known_task_types`, once all that this installation has are loaded."""
    for load in _loaders:
        load()
    return known_task_types()


def known_task_types() -> Mapping[str, TaskTypeSpec]:
    """Every task type registered so far by name, built-in ones first."""
    return MappingProxyType({**BUILT_IN, **_registered})
