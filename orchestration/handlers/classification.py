"""`type: classification`: puts a text, or a row of values, into categories; or each of several.

Owns the shape of the output and the reason given when no category fits. Scoring is left to the model.
"""

from collections.abc import Awaitable, Sequence
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.parameters import ClassificationParameters
from orchestration.exceptions import InvalidParameters
from orchestration.handlers.asking import Output, when_all_answered, when_answered
from orchestration.handlers.base import TaskContext
from orchestration.handlers.text import find_features, find_text
from orchestration.providers.base import ClassificationReply, ClassificationRequest, Provider
from orchestration.providers.catalog import get_provider

MULTI_LABEL_THRESHOLD = 0.5  # when none is given: each score stands alone, so it is "more likely than not"


def classify(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> Output | Awaitable[Output]:
    """The label (null when none is good enough, with a reason), every label given, scores, confidence and margin.

    For several texts or rows `results` has one of these for each, in order.
    """
    parameters = ClassificationParameters.model_validate(task_config.parameters)
    provider = get_provider(context.model)
    subjects, are_several = _find_subjects(parameters, provider, task_config, input_data)
    _check_model(provider, context.model, parameters, takes_features=any(row is not None for _, row in subjects))
    threshold = (
        MULTI_LABEL_THRESHOLD if parameters.threshold is None and parameters.multi_label else parameters.threshold
    )
    requests = [
        ClassificationRequest(
            text=text,
            features=features,
            categories=parameters.categories,
            instructions=parameters.instructions,
            multi_label=parameters.multi_label,
            threshold=threshold,
            deadline_seconds=context.remaining_seconds,
            usage=context.usage,
        )
        for text, features in subjects
    ]
    if not are_several:
        (request,) = requests
        context.evidence.text = request.text
        answer = provider.classify(request)
        return when_answered(answer, context, lambda reply: _output(reply, request, parameters))
    return when_all_answered(provider, requests, context, lambda replies: _outputs(replies, requests, parameters))


Subject = tuple[str, Any]
"""A text and no features, or features and an empty text."""


def _find_subjects(
    parameters: ClassificationParameters, provider: Provider, task_config: TaskConfig, input_data: dict[str, Any]
) -> tuple[list[Subject], bool]:
    """What to classify, and whether that is a list (of one, perhaps)."""
    if parameters.texts is not None:
        return [(text, None) for text in parameters.texts], True
    features = parameters.features
    if features is None and "text" not in task_config.parameters and getattr(provider, "takes_features", False):
        features = find_features(task_config, input_data)
    if features is None:
        return [(find_text(task_config, input_data), None)], False
    if isinstance(features, list) and all(isinstance(row, (dict, list)) for row in features):
        return [("", row) for row in features], True
    return [("", features)], False


def _check_model(provider: Provider, model: str, parameters: ClassificationParameters, *, takes_features: bool) -> None:
    """Models of the registry have classes of their own; one of columns says so, and others read texts."""
    if not parameters.categories and not hasattr(provider, "takes_features"):
        raise InvalidParameters(f"categories: {model} knows none of its own; say which there are")
    if takes_features and not getattr(provider, "takes_features", False):
        raise InvalidParameters(f"features: {model} works on a text; give it one with the parameter text")


def _outputs(
    replies: Sequence[ClassificationReply],
    requests: Sequence[ClassificationRequest],
    parameters: ClassificationParameters,
) -> Output:
    results = [_output(reply, request, parameters) for reply, request in zip(replies, requests, strict=True)]
    ignored = {name: None for result in results for name in result.pop("ignored")}
    return {"results": results, "ignored": list(ignored)}


def _output(reply: ClassificationReply, request: ClassificationRequest, parameters: ClassificationParameters) -> Output:
    given = parameters.model_fields_set
    return {
        "label": reply.label,
        "labels": list(reply.labels),
        "confidence": reply.confidence,
        "margin": reply.margin,
        "scores": dict(reply.scores),
        "reason": _reason(reply, request) if reply.label is None else None,
        "truncated": reply.truncated,
        "ignored": [name for name in reply.ignored if name in given],
    }


def _reason(reply: ClassificationReply, request: ClassificationRequest) -> str:
    """Why there is no label."""
    threshold = request.threshold
    if request.features is None and (not request.text or request.text.isspace()):
        return "the text is empty"
    if threshold is not None and reply.confidence is not None:
        if reply.confidence >= threshold:  # hosted models may contradict their own scores
            return f"the model gave no label that reached the threshold of {threshold:g}"
        best = max(reply.scores, key=lambda name: reply.scores[name])
        return f'no category reached the threshold of {threshold:g}; the best, "{best}", has {reply.confidence:.3g}'
    return "nothing in the text speaks for any of the categories"
