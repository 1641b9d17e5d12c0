"""The port between task types and models: what is asked, what comes back, and how a provider says no.

Owns shapes only. Which names lead to which provider is in `catalog`; one file beside this one per provider.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from orchestration.definition.parameters import Category
from orchestration.exceptions import TaskError


@dataclass(frozen=True, kw_only=True)
class Request:
    """What every request carries."""

    deadline_seconds: float
    """How long the answer may take; the limit of every network call made for it."""
    usage: dict[str, Any] = field(default_factory=dict)
    """Providers that are paid for note here what was used as it is used, so that it is known when they fail, too."""


@dataclass(frozen=True, kw_only=True)
class GenerationRequest(Request):
    """Write a text: what to do stands in `prompt`, what to do it with in `text`; at least one of them is given."""

    prompt: str | None = None
    text: str | None = None
    system: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else was asked for: max_tokens, temperature, top_p, stop, max_sentences, max_keywords."""


@dataclass(frozen=True, kw_only=True)
class ExtractionRequest(Request):
    """Find the properties of a JSON Schema of type object in a text."""

    text: str
    schema: Mapping[str, Any]
    instructions: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClassificationRequest(Request):
    """Say which of the categories a text belongs to: to one, or with `multi_label` to any number.

    Models of the registry have classes of their own, of which `categories` are a choice (all of them when empty); some
    take `features` instead of a text: the values of a row, by column or in order.
    """

    text: str
    categories: Sequence[Category]
    features: Mapping[str, Any] | Sequence[Any] | None = None
    instructions: str | None = None
    multi_label: bool = False
    threshold: float | None = None


@dataclass(frozen=True, kw_only=True)
class JudgementRequest(Request):
    """Say for each criterion, in words, whether a value meets it."""

    value: Any
    criteria: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What every reply carries."""

    model: str
    """The model that answered, as exactly as it is known."""
    usage: Mapping[str, Any]
    """What it cost: characters read, or requests and tokens where they are known (docs/hosted-models.md)."""
    truncated: bool = False
    """True when only the beginning of the text was read."""
    ignored: tuple[str, ...] = ()
    """Parameters that were given and that this model has no use for."""


@dataclass(frozen=True, kw_only=True)
class GenerationReply(Reply):
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)
    """More about the same result: sentences, keywords, why the model stopped."""


@dataclass(frozen=True, kw_only=True)
class ExtractionReply(Reply):
    """A field that was not found is null where the schema permits it, else absent."""

    value: Mapping[str, Any]
    confidence: Mapping[str, float]
    """Dotted name of each field found → 0 to 1."""
    places: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """Where in the text each was found: from which character to which, exclusive; as far as the model tells."""


@dataclass(frozen=True, kw_only=True)
class ClassificationReply(Reply):
    label: str | None
    """The best category, or None when none is good enough."""
    labels: tuple[str, ...]
    """Every category the text was given, best first."""
    scores: Mapping[str, float]
    """As far as the model gave any."""
    confidence: float | None
    """The score of the best category; None when the model gave it none."""
    margin: float | None
    """How far the best score is ahead of the second; None when there are no two."""


@dataclass(frozen=True)
class Verdict:
    """Whether a criterion is met, and why."""

    met: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class JudgementReply(Reply):
    verdicts: tuple[Verdict, ...]
    """One for each criterion, in their order."""


R = TypeVar("R", bound=Reply)
Answer: TypeAlias = R | Awaitable[R]
"""A reply; or one to wait for on the worker thread's event loop, from providers that are on a network."""


class Provider(Protocol):
    """A model that can be asked. What it cannot do raises `UnsupportedOperation`."""

    def generate(self, request: GenerationRequest) -> Answer[GenerationReply]: ...

    def extract(self, request: ExtractionRequest) -> Answer[ExtractionReply]: ...

    def classify(self, request: ClassificationRequest) -> Answer[ClassificationReply]: ...

    def judge(self, request: JudgementRequest) -> Answer[JudgementReply]: ...


class UnsupportedOperation(TaskError):
    """A model asked for something it cannot do; the message names models that can."""

    code = "unsupported_operation"

    def __init__(self, model: str, task_type: str, *, able: Sequence[str]) -> None:
        use = " or ".join(able) or "a hosted model (docs/hosted-models.md)"
        super().__init__(f'the model "{model}" cannot do {task_type}; use {use}')


class ModelUnavailable(TaskError):
    """The target pinned when the execution started has no provider in this process."""

    code = "model_unavailable"

    def __init__(self, target: str, hint: str = "") -> None:
        wrong = f'this worker has no provider for the model "{target}"' if target else "the task has no model"
        wrong += f" ({hint})" if hint else ""
        super().__init__(f"{wrong}; start the execution again to have its model looked up anew")
