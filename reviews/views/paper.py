"""The source beside the form: the document with the places where fields were found, each with a number.

Reads `source`, which whoever asks may give: `{text, is_cut, places: {field: [[from, to], …]}, confidence: {field:
share}}`; fields are named by their path (`total.amount`). Without one the input's own long text is the document.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviews.forms.answer import Sure
from reviews.models import ReviewRequest
from reviews.values import loaded
from web.schema_form.fields import InputField

MOST_MARKS = 300
LOW = 0.8
"""Below it a confidence is marked, where the request names no threshold of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; with a number it is evidence for the field."""

    text: str
    number: int = 0
    field: str = ""
    control: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """`pieces` in order; `data` is what to show where there is no document."""

    title: str
    pieces: tuple[Piece, ...]
    is_cut: bool
    marks: Mapping[str, tuple[int, ...]]
    data: Any = None

    @property
    def count(self) -> int:
        return sum(1 for piece in self.pieces if piece.number)


def paper_of(review: ReviewRequest, fields: tuple[InputField, ...] | None) -> Paper:
    """The document of a review, with marks that lead to the controls of `fields`."""
    source, given = loaded(review.source), loaded(review.input)
    found = source if isinstance(source, Mapping) and isinstance(source.get("text"), str) else {}
    text = found.get("text") or _longest(given)
    if not text:
        return Paper("Input", (), False, {}, given)
    controls = {".".join(map(str, one.path)): one.name for top in fields or () for one in top.walk()}
    pieces, marks = _mark(text, found.get("places") or {}, controls)
    return Paper(_name(given), pieces, bool(found.get("is_cut")), marks)


def sure_of(review: ReviewRequest, paper: Paper) -> dict[tuple[str, ...], Sure]:
    """What is known about each field of the proposal, by its path."""
    source = loaded(review.source)
    shares = source.get("confidence") if isinstance(source, Mapping) else None
    shares = shares if isinstance(shares, Mapping) else {}
    places = source.get("places") if isinstance(source, Mapping) else None
    asked = {str(reason["field"]) for reason in review.reasons if reason.get("field")}
    names = {*shares, *paper.marks, *asked}
    return {
        tuple(name.split(".")): Sure(
            share=shares.get(name),
            is_low=name in asked or (not asked and shares.get(name, 1) < LOW),
            is_high=shares.get(name, 0) >= LOW,
            marks=paper.marks.get(name, ()),
            is_unfound=bool(places) and name in shares and name not in paper.marks,
        )
        for name in map(str, names)
    }


def _mark(
    text: str, places: Mapping[str, Any], controls: Mapping[str, str]
) -> tuple[tuple[Piece, ...], dict[str, Any]]:
    """Pieces of the text, and the numbers of each field. Of two places that overlap the first is marked."""
    spans = sorted(_spans(text, places))[:MOST_MARKS]
    pieces: list[Piece] = []
    marks: dict[str, list[int]] = {}
    at = number = 0
    for start, end, name in spans:
        if start < at:
            marks.setdefault(name, []).append(number)
            continue
        number += 1
        pieces += [Piece(text[at:start])] if start > at else []
        pieces.append(Piece(text[start:end], number, name, controls.get(name, "")))
        marks.setdefault(name, []).append(number)
        at = end
    pieces += [Piece(text[at:])] if at < len(text) else []
    return tuple(pieces), {name: tuple(dict.fromkeys(numbers)) for name, numbers in marks.items()}


def _spans(text: str, places: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    for name, found in places.items():
        for span in found if isinstance(found, list) else ():
            if isinstance(span, list) and len(span) == 2 and all(type(one) is int for one in span):
                start, end = span
                if 0 <= start < end <= len(text):
                    yield start, end, str(name)


def _longest(value: Any) -> str:
    """The longest text in the input, if it is one to read."""
    texts = [one for one in _texts(value) if len(one) > 200 or "\n" in one]
    return max(texts, key=len, default="")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(member)


def _name(given: Any) -> str:
    """What the document is called: the input's own `source`, `file`, `name` or `title`."""
    if isinstance(given, Mapping):
        for name in ("source", "filename", "file", "name", "title"):
            if isinstance(given.get(name), str) and given[name].strip():
                return str(given[name])[:120]
        for member in given.values():
            if isinstance(member, Mapping) and (found := _name(member)) != "Document":
                return found
    return "Document"
