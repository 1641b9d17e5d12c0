"""A registered version that runs here: an ONNX classifier of texts or of rows of values, behind the port.

Owns choosing the file, keeping it in memory, and turning scores into labels. Its files are looked at by the registry
each time (a look at sizes and times while nothing changed), so a damaged version stops answering.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from common.wording import did_you_mean
from orchestration.exceptions import InvalidParameters, RetryableTaskError, TaskError
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
from orchestration.providers.registered import arrays
from orchestration.providers.registered.memory import BoundedMemory
from orchestration.providers.registered.naming import target_of, why_not_run
from orchestration.providers.registered.onnx_file import UnusableModel
from orchestration.providers.registered.session import (
    OnnxSession,
    Scores,
    class_names,
    named_scores,
    noted_columns,
    runtime_errors,
)
from registry.exceptions import StorageFailed, StorageFull, VersionDamaged, VersionNotFound, VersionUnusable
from registry.selectors.resolving import ResolvedVersion
from registry.services.loading import open_version

memory: BoundedMemory[OnnxSession] = BoundedMemory()
"""The sessions of this process, by the digest of their version."""


class RegisteredClassifier:
    """One version whose files are an ONNX classifier."""

    def __init__(self, version: ResolvedVersion) -> None:
        """Raises `UnusableModel`, or a `TaskError` when the files are damaged or cannot be read."""
        if why := why_not_run(version):
            raise UnusableModel(why)
        self.version = version
        self.model = target_of(version)
        self.session = _open_session(version)
        self.classes = class_names(self.session.file, version.metadata, version.output_schema)
        self.columns = noted_columns(self.session.file, version.metadata)

    @property
    def takes_features(self) -> bool:
        """Whether it works on the values of columns, not on a text."""
        return not self.session.takes_text

    def classify(self, request: ClassificationRequest) -> ClassificationReply:
        return self.classify_all([request])[0]

    def classify_all(self, requests: Sequence[ClassificationRequest]) -> list[ClassificationReply]:
        """A reply for each request; the model runs once for many of them."""
        for request in requests:
            self._check_categories(request)
        if self.session.takes_text:
            return self._classify_texts(requests)
        return self._classify_rows(requests)

    def generate(self, request: GenerationRequest) -> GenerationReply:
        raise UnsupportedOperation(self.model, "text_generation", able=("local/summarize",))

    def extract(self, request: ExtractionRequest) -> ExtractionReply:
        raise UnsupportedOperation(self.model, "extraction", able=("local/extract",))

    def judge(self, request: JudgementRequest) -> JudgementReply:
        raise UnsupportedOperation(self.model, "validation", able=())

    def _classify_texts(self, requests: Sequence[ClassificationRequest]) -> list[ClassificationReply]:
        """An empty text speaks for nothing, so the model is not asked about it."""
        texts = [arrays.readable(request.text) for request in requests]
        asked = [text for text in texts if text and not text.isspace()]
        found: list[tuple[Scores, str | None]] = []
        for batch in arrays.text_batches(asked, self.session.rows_at_once):
            found += self._run(arrays.text_feeds(self.session, batch), len(batch))
        answers = iter(found)
        return [
            self._reply(
                request,
                *(next(answers) if text and not text.isspace() else ({}, None)),
                usage={"characters": len(request.text)},
                truncated=len(request.text) > arrays.MAX_CHARACTERS,
            )
            for request, text in zip(requests, texts, strict=True)
        ]

    def _classify_rows(self, requests: Sequence[ClassificationRequest]) -> list[ClassificationReply]:
        rows = [request.features for request in requests if request.features is not None]
        if len(rows) != len(requests):
            columns = self.columns or [each.name for each in self.session.inputs]
            raise InvalidParameters(
                f"{self.model} works on the values of columns ({', '.join(columns)}), not on a text; give them with "
                'the parameter features, such as features: "{input.features}"'
            )
        arrays.check_rows(rows, self.version.input_schema)
        found: list[tuple[Scores, str | None]] = []
        for batch in arrays.row_batches(rows, self.session.rows_at_once):
            found += self._run(arrays.row_feeds(self.session, batch, self.columns), len(batch))
        return [
            self._reply(request, *answer, usage={"rows": 1}, truncated=False)
            for request, answer in zip(requests, found, strict=True)
        ]

    def _run(self, feeds: Any, count: int) -> list[tuple[Scores, str | None]]:
        """Scores by class and the model's own label, for each row of a batch."""
        try:
            rows, labels = self.session.run(feeds)
        except runtime_errors() as error:
            raise UnusableModel(f"{self.model} failed on this input: {' '.join(str(error).split())}") from error
        are_logits = (self.session.file.notes.get("scores") or self.version.metadata.get("scores")) == "logits"
        scored = [named_scores(row, self.session.file, self.classes, are_logits=are_logits) for row in rows]
        named = [self._name_of(label) for label in labels]
        if len(scored or named) != count:
            raise UnusableModel(f"{self.model} gave {len(scored or named)} answers for {count} rows")
        if not named:
            return [(scores, None) for scores in scored]
        return list(zip(scored or [{}] * count, named, strict=True))

    def _name_of(self, label: Any) -> str:
        """The name of a class that the model may know by its number only."""
        own = self.session.file.classes or tuple(str(number) for number in range(len(self.classes)))
        return dict(zip(own, self.classes, strict=False)).get(str(label), str(label))

    def _check_categories(self, request: ClassificationRequest) -> None:
        unknown = [category.name for category in request.categories if category.name not in self.classes]
        if self.classes and unknown:
            hint = did_you_mean(unknown[0], self.classes)
            raise InvalidParameters(
                f'categories: {self.model} does not know "{unknown[0]}"{hint}; it was trained for '
                f"{', '.join(self.classes[:20])}. Leave categories out to have all of them"
            )

    def _reply(
        self,
        request: ClassificationRequest,
        scores: Scores,
        label: str | None,
        *,
        usage: dict[str, int],
        truncated: bool,
    ) -> ClassificationReply:
        wanted = {category.name for category in request.categories}
        scores = {name: score for name, score in scores.items() if not wanted or name in wanted}
        ranked = sorted(scores, key=lambda name: -scores[name])
        floor = request.threshold or 0.0
        given = [name for name in ranked if scores[name] >= floor]
        if not ranked and label is not None and (not wanted or label in wanted):
            given = [label]  # a model that gives no scores
        labels = tuple(given if request.multi_label else given[:1])
        return ClassificationReply(
            model=self.model,
            usage=usage,
            truncated=truncated,
            ignored=("instructions",) if request.instructions else (),
            label=labels[0] if labels else None,
            labels=labels,
            scores=scores,
            confidence=scores[ranked[0]] if ranked else None,
            margin=scores[ranked[0]] - scores[ranked[1]] if len(ranked) > 1 else None,
        )


def _open_session(version: ResolvedVersion) -> OnnxSession:
    limit = settings.ORCHESTRATION.model_cache_bytes
    if version.size > limit:
        raise UnusableModel(
            f"{version.pin} has {version.size:,} bytes, and models may take {limit:,} in each worker process; set "
            "MODEL_CACHE_BYTES higher, if the machine has that much memory for each"
        )
    try:
        folder = open_version(version=version)
    except (VersionNotFound, VersionUnusable) as error:  # since it was looked up
        raise ModelUnavailable(target_of(version), str(error)) from error
    except VersionDamaged as error:
        raise TaskError(str(error), code=error.code) from error
    except (StorageFailed, StorageFull) as error:
        raise RetryableTaskError(str(error), code=error.code) from error
    return memory.get(
        version.digest, lambda: OnnxSession(_find_model_file(folder, version)), size=version.size, limit=limit
    )


def _find_model_file(folder: Path, version: ResolvedVersion) -> Path:
    """The one ONNX file, or the one that metadata names as `model_file`."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.onnx"))}
    named = version.metadata.get("model_file")
    if named in found:
        return found[named]
    if len(found) == 1 and named is None:
        return next(iter(found.values()))
    listed = ", ".join(found) or "none"
    wrong = f'metadata names "{named}" as the model_file' if named else "which of them is the model is not said"
    raise UnusableModel(
        f"{version.pin} has these ONNX files: {listed}; {wrong}. Register it with one, or with metadata "
        '{"model_file": "model.onnx"}'
    )
