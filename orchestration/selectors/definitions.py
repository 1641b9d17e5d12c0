"""Checking a definition against everything this installation knows: task types, and models that are configured."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from common.wording import did_you_mean
from orchestration.definition import Pipeline, Problem
from orchestration.definition.parse import Format
from orchestration.definition.templates import has_references
from orchestration.exceptions import UnknownModel
from orchestration.providers.registered.naming import deprecations
from orchestration.services.executions import resolve_models
from reviews.selectors.policies import policy_ids


@dataclass(frozen=True, slots=True)
class CheckedDefinition:
    """A definition and what the check found; `pipeline` is None when there are errors."""

    pipeline: Pipeline | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_definition(source: Any, written_as: Format = "auto") -> CheckedDefinition:
    """Every problem of a mapping or a text, a model that could not be started here among the warnings."""
    result = Pipeline.check(source, written_as)
    doubts = () if result.pipeline is None else _doubts(result.pipeline)
    return CheckedDefinition(result.pipeline, result.errors, (*result.warnings, *doubts))


def _doubts(pipeline: Pipeline) -> Iterator[Problem]:
    """What this installation lacks for it, by now."""
    try:
        yield from _doubtful_models(pipeline)
        yield from _unknown_policies(pipeline)
    except DatabaseError as error:  # a definition may be checked where there is no database
        said = str(error).strip().partition("\n")[0]
        text = f"whether its models and policies are known here could not be looked up: {said}"
        yield Problem("models_not_checked", text, "warning")


def _doubtful_models(pipeline: Pipeline) -> Iterator[Problem]:
    try:
        targets = resolve_models(pipeline)
    except UnknownModel as error:
        yield Problem(error.code, str(error), "warning")
    else:
        yield from (Problem("deprecated_model", text, "warning") for text in deprecations(targets))


def _unknown_policies(pipeline: Pipeline) -> Iterator[Problem]:
    """Found out when a review is opened otherwise: after the work."""
    named = [(task, task.review.policy if task.review else task.parameters.get("policy")) for task in pipeline.tasks]
    wanted = [(task, name) for task, name in named if name and (task.review or task.type == "human_review")]
    known = policy_ids() if wanted else frozenset[str]()
    for task, name in wanted:
        if name not in known and not has_references(name):
            hint = did_you_mean(name, known) or "; create it before an execution gets there"
            text = f'task "{task.name}": there is no escalation policy "{name}"{hint}'
            yield Problem("unknown_policy", text, "warning", task=task.name)
