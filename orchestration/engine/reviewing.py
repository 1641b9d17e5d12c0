"""People in an execution: when a result is put before one, what they are shown, and what their decision makes of it.

Pure but for reading the definition: the store keeps the task run waiting, `reviews` finds the person, and
`services.reviews` brings the decision back.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.parameters import ClassificationParameters, ExtractionParameters
from orchestration.definition.review import field_confidences, overall_confidence
from orchestration.handlers.base import Answer, Evidence, NeedsReview
from orchestration.handlers.extraction import wanted

NOTE = "_review"
HUMAN_REVIEW = "human_review"
LONGEST_TEXT = 100_000  # characters of one text that a reviewer is shown

# What a person may correct of an output, by task type; of other types everything that is no note (`_confidence`).
CORRECTABLE: Mapping[str, tuple[str, ...]] = {
    "classification": ("label",),
    "text_generation": ("text",),
    "validation": ("value",),
    HUMAN_REVIEW: ("value",),
}


def ask_when_needed(task: TaskConfig, answer: Answer, seed: str) -> Answer:
    """The answer, or the same put before a person when the task's `review:` says so. `seed` draws samples."""
    if isinstance(answer, NeedsReview) or task.review is None:
        return answer
    reasons = task.review.reasons(answer, seed)
    if not reasons:
        return answer
    return NeedsReview(answer, reasons, task.review, task.review.instructions, _schema(task))


def describe_request(
    task: TaskConfig, asked: NeedsReview, input_data: Mapping[str, Any], evidence: Evidence
) -> dict[str, Any]:
    """What is asked, as keyword arguments of `reviews.services.requests.open_review`."""
    options = asked.options
    return {
        "task_name": task.name,
        "task_type": task.type,
        "input_data": _shown(input_data),
        "proposed_output": correctable(task.type, asked.output),
        "output_schema": None if asked.schema is None else _of_value(task.type, asked.schema),
        "instructions": asked.instructions,
        "priority": options.priority,
        "risk": options.risk,
        "required_specializations": options.specializations,
        "policy": options.policy,
        "due_in": None if options.due_hours is None else timedelta(hours=options.due_hours),
        "undo_seconds": options.undo_seconds,
        "may_edit": options.may_edit,
        "four_eyes": options.four_eyes,
        "confidence": overall_confidence(asked.output),
        "reasons": [asdict(reason) for reason in asked.reasons],
        "source": _source(asked.output, evidence),
    }


def correctable(task_type: str, output: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an output that the reviewer is given as a form."""
    names = CORRECTABLE.get(task_type) or [name for name in output if not name.startswith("_")]
    return {name: output[name] for name in names if name in output}


def reviewed_output(
    task_type: str, proposed: Mapping[str, Any], corrected: Mapping[str, Any] | None, note: Mapping[str, Any]
) -> dict[str, Any]:
    """What a decision makes of the proposed output: the corrections, and what was decided.

    `human_review` says it at the top level; elsewhere the output keeps its shape and `_review` says it.
    """
    output = {**proposed, **(corrected or {})}
    return {**output, **note} if task_type == HUMAN_REVIEW else {**output, NOTE: dict(note)}


def _source(output: Mapping[str, Any], evidence: Evidence) -> dict[str, Any] | None:
    """The document and where each field was found: `{text, is_cut, places: {field: [[from, to]]}, confidence}`."""
    if not evidence.text:
        return None
    text = evidence.text[:LONGEST_TEXT]
    places = {
        name: [[first, last] for first, last in found if last <= len(text)] for name, found in evidence.places.items()
    }
    return {
        "text": text,
        "is_cut": len(evidence.text) > LONGEST_TEXT,
        "places": places,
        "confidence": field_confidences(output),
    }


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]}… ({len(value) - LONGEST_TEXT:,} more characters; the execution has them)"
    if isinstance(value, Mapping):
        return {name: _shown(member) for name, member in value.items()}
    return [_shown(member) for member in value] if isinstance(value, list | tuple) else value


def _of_value(task_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the form, where a schema is given of the value in it."""
    if task_type != HUMAN_REVIEW:
        return dict(schema)
    return {"type": "object", "properties": {"value": dict(schema)}, "required": ["value"]}


def _schema(task: TaskConfig) -> dict[str, Any] | None:
    find = SCHEMAS.get(task.type)
    return find(task.parameters) if find else None


def _classification_schema(parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = [category.name for category in ClassificationParameters.model_validate(parameters).categories]
    return {"type": "object", "properties": {"label": {"enum": [*names, None]}}, "required": ["label"]}


SCHEMAS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "classification": _classification_schema,
    "extraction": lambda parameters: wanted(ExtractionParameters.model_validate(parameters).schema_),
    "text_generation": lambda _: {
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    },
}
