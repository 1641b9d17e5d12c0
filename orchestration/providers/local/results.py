"""What the offline models return: frozen values, ready for JSON.

Owns shapes only. Offsets count characters of the text that was given, so `text[start:end]` is the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """`confidence` and `evidence` are keyed by the dotted name of each field found ("vendor.name")."""

    value: dict[str, Any]
    confidence: dict[str, float] = field(default_factory=dict)
    evidence: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    description: str = ""
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Classification:
    """`label` is None when nothing in the text spoke for any category, or none reached the threshold.

    `margin` is the distance of the best score from the second; `confidence` the score of the best.
    """

    label: str | None
    labels: tuple[str, ...]
    scores: dict[str, float]
    margin: float
    confidence: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Summary:
    text: str
    sentences: tuple[Sentence, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Keyword:
    text: str
    score: float
