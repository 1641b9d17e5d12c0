"""What a document offers for a field that is a list.

Owns lists of plain values: the items of a labelled value ("Attendees: A, B and C"), the bullets under a heading, a
table's column, or everything of a kind. Rows of tables as objects are in `records`.
"""

import re
from collections.abc import Iterator

from . import layout
from .candidates import beside, candidates, matching_pairs, matching_sections, said_choices
from .facts import Facts
from .found import Found, distinct
from .kinds import field_kind, qualifiers
from .layout import Cell, split_list
from .schema import Field
from .values import read_cell
from .wording import MATCHES, label_score, meaning_words

_OF_ITS_KIND = frozenset("date date_time amount organisation person identifier email url phone".split())


def list_items(facts: Facts, field: Field) -> tuple[Found, ...]:
    """In reading order, each value once."""
    items = field.items()
    kind = field_kind(items)
    words = qualifiers(items, kind)
    if kind in _OF_ITS_KIND and not words:
        return distinct(facts.of_kind(kind))
    if kind == "keyword":
        return _keywords(facts)
    if kind in ("entity", "title", "summary", "content", "language"):
        return distinct(candidates(facts, items))
    said = tuple(_said(facts, items, kind))
    if said:
        return distinct(said)
    if kind == "choice":
        return tuple(said_choices(facts, items))
    return distinct(beside(facts, facts.of_kind(kind), words)) if kind in _OF_ITS_KIND else ()


def _said(facts: Facts, field: Field, kind: str) -> Iterator[Found]:
    """Where the document itself makes the list."""
    cells = next((cells for cells in _lists(facts, field) if cells), [])
    for cell in cells:
        found = next(read_cell(facts, kind, cell, field), None)
        if found:
            yield found


def _lists(facts: Facts, field: Field) -> Iterator[list[Cell]]:
    for _, pair in matching_pairs(facts, field):
        yield split_list(pair.value)
    for _, section in matching_sections(facts, field):
        bullets = [item for line in section.body if (item := layout.list_item(line))]
        yield bullets or [layout.trimmed(line.text, line.start) for line in section.body if not line.is_blank]
    for table in facts.tables:
        for at, head in enumerate(table.header):
            if any(label_score(words, meaning_words(head.text)) >= MATCHES for words in field.wordings):
                yield [row[at] for row in table.rows if at < len(row) and row[at].text]


def _keywords(facts: Facts) -> tuple[Found, ...]:
    from .keywords import keywords_of

    found = []
    for keyword in keywords_of(facts.document, 10):
        words = r"\s+".join(map(re.escape, keyword.text.split()))
        match = re.search(words, facts.document.folded)
        start, end = match.span() if match else (0, 0)
        found.append(Found(start, end, keyword.text, 0.6, "keyword"))
    return tuple(found)
