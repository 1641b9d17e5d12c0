"""`type: classification`: puts a text into categories.

Owns the shape of the output and the reason given when no category fits. Scoring is left to the model.
"""

from collections.abc import Awaitable
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.parameters import ClassificationParameters
from orchestration.handlers.asking import when_answered
from orchestration.handlers.base import TaskContext
from orchestration.handlers.text import find_text
from orchestration.providers.base import ClassificationReply, ClassificationRequest
from orchestration.providers.catalog import get_provider

MULTI_LABEL_THRESHOLD = 0.5  # when none is given: each score stands alone, so it is "more likely than not"


def classify(
    task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """The label (null when none is good enough, with a reason), every label given, scores, confidence and margin."""
    parameters = ClassificationParameters.model_validate(task_config.parameters)
    text = find_text(task_config, input_data)
    threshold = (
        MULTI_LABEL_THRESHOLD if parameters.threshold is None and parameters.multi_label else parameters.threshold
    )
    answer = get_provider(context.model).classify(
        ClassificationRequest(
            text=text,
            categories=parameters.categories,
            instructions=parameters.instructions,
            multi_label=parameters.multi_label,
            threshold=threshold,
            deadline_seconds=context.remaining_seconds,
            usage=context.usage,
        )
    )
    return when_answered(answer, context, lambda reply: _output(reply, text, threshold, parameters))


def _output(
    reply: ClassificationReply, text: str, threshold: float | None, parameters: ClassificationParameters
) -> dict[str, Any]:
    given = parameters.model_fields_set
    return {
        "label": reply.label,
        "labels": list(reply.labels),
        "confidence": reply.confidence,
        "margin": reply.margin,
        "scores": dict(reply.scores),
        "reason": _reason(reply, text, threshold) if reply.label is None else None,
        "truncated": reply.truncated,
        "ignored": [name for name in reply.ignored if name in given],
    }


def _reason(reply: ClassificationReply, text: str, threshold: float | None) -> str:
    """Why there is no label."""
    if not text or text.isspace():
        return "the text is empty"
    if threshold is not None and reply.confidence is not None:
        if reply.confidence >= threshold:  # hosted models may contradict their own scores
            return f"the model gave no label that reached the threshold of {threshold:g}"
        best = max(reply.scores, key=lambda name: reply.scores[name])
        return f'no category reached the threshold of {threshold:g}; the best, "{best}", has {reply.confidence:.3g}'
    return "nothing in the text speaks for any of the categories"
