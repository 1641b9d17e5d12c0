"""The models that need no key and no network: `local/extract`, `local/classify`, `local/summarize`, `local/keywords`.

Adapts the functions of `providers.local` (imported when first used) to the port; docs/local-models.md describes their
methods and limits. They read a bounded part of a text, so their time is bounded too and they look at no deadline.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from orchestration.providers.base import (
    ClassificationReply,
    ClassificationRequest,
    ExtractionReply,
    ExtractionRequest,
    GenerationReply,
    GenerationRequest,
    JudgementReply,
    JudgementRequest,
    ModelUnavailable,
    UnsupportedOperation,
)

MODELS: Mapping[str, tuple[str, str]] = {
    "local/extract": ("extraction", "finds titles, dates, amounts, names, identifiers and labelled values"),
    "local/classify": ("classification", "compares the text with each category's name, description and examples"),
    "local/summarize": ("text_generation", "picks the sentences that say most"),
    "local/keywords": ("text_generation", "picks the words that tell this text from others"),
}
"""Name → (the task type it does, how)."""


class OfflineProvider:
    """One of the local models."""

    def __init__(self, model: str) -> None:
        if model not in MODELS:
            raise ModelUnavailable(model)
        self.model = model

    def extract(self, request: ExtractionRequest) -> ExtractionReply:
        self._check("extraction")
        from orchestration.providers import local

        found = local.extract(request.text, dict(request.schema), instructions=request.instructions)
        return ExtractionReply(
            model=self.model,
            usage=_usage(request.text),
            truncated=found.truncated,
            value=found.value,
            confidence=found.confidence,
            places=found.evidence,
        )

    def classify(self, request: ClassificationRequest) -> ClassificationReply:
        self._check("classification")
        from orchestration.providers import local

        found = local.classify(
            request.text,
            [local.Category(category.name, category.description, category.examples) for category in request.categories],
            multi_label=request.multi_label,
            threshold=request.threshold,
        )
        return ClassificationReply(
            model=self.model,
            usage=_usage(request.text),
            truncated=found.truncated,
            ignored=("instructions",) if request.instructions else (),
            label=found.label,
            labels=found.labels,
            scores=found.scores,
            confidence=found.confidence,
            margin=found.margin,
        )

    def generate(self, request: GenerationRequest) -> GenerationReply:
        self._check("text_generation")
        write, option = _WRITERS[self.model]
        text = (request.prompt or "") if request.text is None else request.text
        written, details, truncated = write(text, request.options.get(option))
        return GenerationReply(
            model=self.model,
            usage=_usage(text),
            truncated=truncated,
            ignored=_ignored(request, heeded=option),
            text=written,
            details=details,
        )

    def judge(self, request: JudgementRequest) -> JudgementReply:
        raise UnsupportedOperation(self.model, "validation", able=())

    def _check(self, task_type: str) -> None:
        if MODELS[self.model][0] != task_type:
            able = [name for name, (does, _) in MODELS.items() if does == task_type]
            raise UnsupportedOperation(self.model, task_type, able=able)


Written = tuple[str, dict[str, Any], bool]
"""The text, its parts, and whether only the beginning was read."""


def _summarize(text: str, max_sentences: int | None) -> Written:
    from orchestration.providers import local

    summary = local.summarize(text, max_sentences=max_sentences or 3)
    return summary.text, {"sentences": [asdict(sentence) for sentence in summary.sentences]}, summary.truncated


def _find_keywords(text: str, max_keywords: int | None) -> Written:
    from orchestration.providers import local

    found = local.keywords(text, max_keywords=max_keywords or 10)
    parts = {"keywords": [asdict(keyword) for keyword in found]}
    return ", ".join(keyword.text for keyword in found), parts, len(text) > local.MAX_SCANNED


# Model → (what writes, the one option it heeds).
_WRITERS: Mapping[str, tuple[Callable[[str, int | None], Written], str]] = {
    "local/summarize": (_summarize, "max_sentences"),
    "local/keywords": (_find_keywords, "max_keywords"),
}


def _ignored(request: GenerationRequest, *, heeded: str) -> tuple[str, ...]:
    """What was asked for and has no effect here: these models follow no instructions."""
    asked = {"prompt": None if request.text is None else request.prompt, "system": request.system, **request.options}
    return tuple(name for name, value in asked.items() if value is not None and name != heeded)


def _usage(text: str) -> dict[str, int]:
    return {"characters": len(text)}
