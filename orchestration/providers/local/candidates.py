"""What a document offers for one field, best first.

Owns the places that are asked, in this order: the method of a field about the whole document, a label, a heading, and
for things found by their form the words beside them. Whether the schema takes what is offered is decided by the caller.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from types import MappingProxyType

from . import layout
from .amounts import find_numbers
from .document import fold_word, squeeze
from .facts import Facts
from .found import Found
from .headings import body_of
from .kinds import field_kind, qualifiers
from .layout import Cell, Pair, Section
from .schema import Field
from .values import MAX_TEXT, as_written, choices, read_cell
from .wording import GENERIC, MATCHES, label_score, meaning_words

_BEFORE, _AFTER = 80, 60  # characters around a find in which the words of its field may stand
_ONLY, _FIRST, _BESIDE = (
    0.8,
    0.6,
    0.7,
)  # trust in a find because: nothing else of its kind, first of several, its words are near


def candidates(facts: Facts, field: Field) -> Iterator[Found]:
    kind = field_kind(field)
    whole = _WHOLE.get(kind)
    if whole:
        yield from whole(facts)
        return
    yield from _labelled(facts, field, kind)
    yield from _headed(facts, field, kind)
    yield from _by_kind(facts, field, kind)
    if kind in ("date", "date_time", "amount") and field.type in ("string", ""):
        # "Due: on receipt" is an answer to a field that takes any text.
        for score, pair in matching_pairs(facts, field):
            yield as_written(facts, pair.value, "text").at_confidence(0.7 * score)


# --- labels and headings --------------------------------------------------------------------------------------------


def matching_pairs(facts: Facts, field: Field) -> list[tuple[float, Pair]]:
    """Labelled values whose label answers the field, the best match first."""
    said = {_plain(field.name), _plain(str(field.schema.get("title", "")))}
    scored = [
        (_plain(pair.label) in said, label_score(words, label) - (0 if pair.certain else 0.1), -at, pair)
        for words in field.wordings
        for at, label, pair in facts.pairs_saying(words - GENERIC or words)
    ]
    scored.sort(key=lambda item: item[:3], reverse=True)
    return [(1.0 if exact else score, pair) for exact, score, _, pair in scored if exact or score >= MATCHES]


def _plain(label: str) -> str:
    """As written but for case, accents and separators."""
    return squeeze(fold_word(label).replace("_", " ").replace("-", " ")).rstrip(".")


def matching_sections(facts: Facts, field: Field) -> list[tuple[float, Section]]:
    scored = [
        (label_score(words, meaning_words(section.heading.text)), section)
        for words in field.wordings
        for section in facts.sections
    ]
    return sorted((item for item in scored if item[0] >= MATCHES), key=lambda item: -item[0])


def _labelled(facts: Facts, field: Field, kind: str) -> Iterator[Found]:
    for score, pair in matching_pairs(facts, field):
        for found in read_cell(facts, kind, pair.value, field, pair.label):
            yield found.at_confidence(found.confidence * score)


def _headed(facts: Facts, field: Field, kind: str) -> Iterator[Found]:
    for score, section in matching_sections(facts, field):
        if kind == "text":
            found = _section_text(facts, section)
            if found:
                yield found.at_confidence(0.75 * score)
            continue
        first = next((line for line in section.body if not line.is_blank), None)
        if first is not None:
            for found in read_cell(facts, kind, layout.list_item(first) or Cell(first.text, first.start), field):
                yield found.at_confidence(0.8 * found.confidence * score)


def _section_text(facts: Facts, section: Section) -> Found | None:
    filled = [line for line in section.body if not line.is_blank]
    if not filled:
        return None
    start, end = filled[0].start, min(filled[-1].end, filled[0].start + MAX_TEXT)
    return Found(start, end, squeeze(facts.document.text[start:end]), 0.75, "text")


# --- things found by their form -------------------------------------------------------------------------------------


def _by_kind(facts: Facts, field: Field, kind: str) -> Iterator[Found]:
    finder = _SPECIAL.get(kind)
    if finder:
        yield from finder(facts, field)
        return
    found = facts.of_kind(kind)
    words = qualifiers(field, kind)
    if words:
        yield from (item.at_confidence(item.confidence * _BESIDE) for item in beside(facts, found, words))
        if kind == "organisation" and words <= _SENDERS:
            yield from _letterhead(facts)
    elif kind == "amount":
        yield from _main_amounts(facts)
    else:
        trust = _ONLY if len({str(item.value) for item in found}) == 1 else _FIRST
        yield from (item.at_confidence(item.confidence * trust) for item in found)


_SENDERS = frozenset("supplier issuer sender".split())
_HEAD_LINES = 8


def _letterhead(facts: Facts) -> Iterator[Found]:
    """An invoice or offer comes from the organisation at its head."""
    head = list(islice((line for line in facts.document.lines if not line.is_blank), _HEAD_LINES))
    if head and meaning_words(facts.document.folded[: head[-1].end]) & _FROM_SUPPLIERS:
        yield from (item.at_confidence(0.5) for item in facts.within("organisation", 0, head[-1].end))


_FROM_SUPPLIERS = frozenset("invoice quotation quote offer receipt statement".split())


def beside(facts: Facts, found: tuple[Found, ...], words: frozenset[str]) -> Iterator[Found]:
    """Those with all the words just before them in their sentence, else just after."""
    text = facts.document.folded
    before, after, end = [], [], 0
    for item, following in pairwise([*found, Found(len(text), len(text), None, 0.0)]):
        ahead = text[max(end, item.start - _BEFORE) : item.start]
        behind = text[item.end : min(following.start, item.end + _AFTER)]
        if words <= meaning_words(_SENTENCE_END.split(ahead)[-1]):
            before.append(item)
        elif words <= meaning_words(_SENTENCE_END.split(behind)[0]):
            after.append(item)
        end = item.end
    yield from before
    yield from after


_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3})[.!?;]\s|\n\s*\n|\n[-*|]")


def _main_amounts(facts: Facts) -> Iterator[Found]:
    """What is labelled a total; else the largest amount, with little trust when there are several."""
    for pair in facts.pairs:
        if label_score(frozenset(["total"]), meaning_words(pair.label)) >= MATCHES:
            yield from (item.at_confidence(0.75) for item in facts.within("amount", pair.value.start, pair.value.end))
    found = facts.amounts
    trust = _ONLY if len(found) == 1 else _FIRST / 2
    largest = sorted(found, key=lambda item: -abs(float(item.value["amount"])))
    yield from (item.at_confidence(item.confidence * trust) for item in largest)


def _numbers(facts: Facts, field: Field) -> Iterator[Found]:
    words = qualifiers(field, "quantity")
    if words:
        numbers = find_numbers(facts.document, 0, len(facts.document.folded))
        yield from (item.at_confidence(0.55) for item in beside(facts, numbers, words))


_BOX = re.compile(r"^[ \t>*-]{0,8}(?:\[(?P<mark>[ xX✓])\]|(?P<sign>[☐☑☒✓✗]))[ \t]+(?P<what>[^\n]{2,80})", re.MULTILINE)


def _ticked(facts: Facts, field: Field) -> Iterator[Found]:
    for match in _BOX.finditer(facts.document.folded):
        said = meaning_words(match["what"])
        if any(label_score(words - {"is", "has"}, said) >= MATCHES for words in field.wordings):
            yield Found(match.start(), match.end(), (match["mark"] or match["sign"]) in "xX✓☑☒", 0.85, "boolean")


def said_choices(facts: Facts, field: Field) -> list[Found]:
    """The members of an enum that the text says as words."""
    said = []
    for choice in choices(field):
        words = re.escape(str(choice).replace("_", " "))
        match = re.search(rf"(?<!\w){words}(?!\w)", facts.document.folded, re.IGNORECASE)
        if match:
            said.append(Found(match.start(), match.end(), choice, 0.5, "choice"))
    return said


def _only_choice(facts: Facts, field: Field) -> Iterator[Found]:
    said = said_choices(facts, field)
    if len(said) == 1:
        yield said[0]


def _nothing(facts: Facts, field: Field) -> Iterator[Found]:
    return iter(())


_SPECIAL: Mapping[str, Callable[[Facts, Field], Iterator[Found]]] = MappingProxyType({
    "quantity": _numbers, "boolean": _ticked, "choice": _only_choice, "text": _nothing,
})  # fmt: skip


# --- fields about the whole document --------------------------------------------------------------------------------


def _title(facts: Facts) -> Iterator[Found]:
    if facts.title:
        yield facts.title


def _content(facts: Facts) -> Iterator[Found]:
    start, end = body_of(facts.document, facts.title)
    yield Found(start, end, facts.document.text[start:end], 0.9 if end > start else 0.5, "content")


def _summary(facts: Facts) -> Iterator[Found]:
    from .summarize import summarize_document

    for section in facts.sections:
        if meaning_words(section.heading.text) <= {"summary", "executive", "abstract", "overview", "management"}:
            found = _section_text(facts, section)
            if found:
                yield found.at_confidence(0.85)
    summary = summarize_document(facts.document, 3)
    if summary.sentences:
        yield Found(summary.sentences[0].start, summary.sentences[-1].end, summary.text, 0.6, "summary")


def _keywords(facts: Facts) -> Iterator[Found]:
    from .keywords import keywords_of

    words = [keyword.text for keyword in keywords_of(facts.document, 10)]
    if words:
        yield Found(0, len(facts.document.text), ", ".join(words), 0.6, "keyword")


def _entities(facts: Facts) -> Iterator[Found]:
    text = facts.document.text
    yield from (Found(f.start, f.end, squeeze(text[f.start : f.end]), f.confidence, "entity") for f in facts.entities)


def _language(facts: Facts) -> Iterator[Found]:
    if any(map(str.isalpha, facts.document.folded)):
        yield Found(0, len(facts.document.text), facts.document.language, 0.7, "language")


_WHOLE: Mapping[str, Callable[[Facts], Iterator[Found]]] = MappingProxyType({
    "title": _title, "content": _content, "summary": _summary, "keyword": _keywords, "entity": _entities,
    "language": _language,
})  # fmt: skip
