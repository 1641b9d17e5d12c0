"""Checking a definition against everything this installation knows: task types, and models that are configured."""

from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from orchestration.definition import Pipeline, Problem
from orchestration.definition.parse import Format
from orchestration.exceptions import UnknownModel
from orchestration.providers.registered.naming import deprecations
from orchestration.services.executions import resolve_models


@dataclass(frozen=True, slots=True)
class CheckedDefinition:
    """A definition and what the check found; `pipeline` is None when there are errors."""

    pipeline: Pipeline | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_definition(source: Any, written_as: Format = "auto") -> CheckedDefinition:
    """Every problem of a mapping or a text, a model that could not be started here among the warnings."""
    result = Pipeline.check(source, written_as)
    warnings = result.warnings
    if result.pipeline is not None:
        try:
            targets = resolve_models(result.pipeline)
            warnings = (*warnings, *(Problem("deprecated_model", text, "warning") for text in deprecations(targets)))
        except UnknownModel as error:
            warnings = (*warnings, Problem(error.code, str(error), "warning"))
        except DatabaseError as error:  # a definition may be checked where there is no database
            said = str(error).strip().partition("\n")[0]
            text = f"whether its models are known here could not be looked up in the model registry: {said}"
            warnings = (*warnings, Problem("models_not_checked", text, "warning"))
    return CheckedDefinition(result.pipeline, result.errors, warnings)
