"""Lists of objects: the rows of a table, and entities with their kind.

Owns matching a table's columns to an object's properties, and the names under which entities are known.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .document import squeeze
from .facts import Facts
from .found import Found
from .kinds import field_kind
from .layout import Cell, Table, names_money
from .schema import Field
from .values import read_cell, shaped
from .wording import MATCHES, label_score, meaning_words

_TOTALS = frozenset("total subtotal tax".split())
# what schemas call the kinds of entities
_KIND_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "organisation": ("organisation", "organization", "ORG", "ORGANIZATION", "company"),
    "person": ("person", "PERSON", "PER", "people", "name"),
    "date": ("date", "DATE", "time"),
    "amount": ("amount", "money", "MONEY", "price"),
    "email": ("email", "EMAIL", "contact"),
    "phone": ("phone", "PHONE", "contact"),
    "url": ("url", "URL", "link"),
    "identifier": ("identifier", "id", "ID", "reference", "number"),
})  # fmt: skip
_TEXT_NAMES = frozenset("text name amount entity mention".split())  # "value" means amount in `wording`
_TYPE_NAMES = frozenset("type kind label category class".split())


def records(facts: Facts, field: Field) -> Iterator[tuple[dict[str, Any], Found]]:
    """Objects and where each stands; only those whose required properties were found."""
    item = field.items()
    source = _entities if field_kind(item) == "entity" or _is_entity(item) else _rows
    for value, found in source(facts, item):
        if value and item.accepts(value):
            yield value, found


def _is_entity(item: Field) -> bool:
    names = {word for inner in item.properties() for word in meaning_words(inner.name)}
    return "entity" in names


def _entities(facts: Facts, item: Field) -> Iterator[tuple[dict[str, Any], Found]]:
    for found in facts.entities:
        yield dict(_entity_properties(facts, item, found)), found


def _entity_properties(facts: Facts, item: Field, found: Found) -> Iterator[tuple[str, Any]]:
    text = squeeze(facts.document.text[found.start : found.end])
    for inner in item.properties():
        words = meaning_words(inner.name)
        if words & _TYPE_NAMES:
            kind = next((name for name in _KIND_NAMES[found.kind] if inner.accepts(name)), None)
            if kind is not None:
                yield inner.name, kind
        elif words & _TEXT_NAMES:
            yield inner.name, text
        elif inner.name in ("start", "end"):
            yield inner.name, found.start if inner.name == "start" else found.end
        elif words & {"confidence", "score"}:
            yield inner.name, found.confidence


def _rows(facts: Facts, item: Field) -> Iterator[tuple[dict[str, Any], Found]]:
    columns, table = _best_table(facts, item)
    if table is None:
        return
    for row in table.rows:
        cells = ((inner, row[at], table.header[at].text) for at, inner in columns.items() if at < len(row))
        value = {
            inner.name: read for inner, cell, head in cells if (read := _read(facts, inner, cell, head)) is not None
        }
        if len(value) >= min(2, len(columns)) and not meaning_words(row[0].text) & _TOTALS:
            yield value, Found(row[0].start, row[-1].end, value, 0.8, "row")


def _read(facts: Facts, inner: Field, cell: Cell, head: str) -> Any:
    found = next(read_cell(facts, field_kind(inner), cell, inner, head), None)
    return next((shape for shape in shaped(found, inner, facts) if inner.accepts(shape)), None) if found else None


def _best_table(facts: Facts, item: Field) -> tuple[dict[int, Field], Table | None]:
    """The table with most columns that answer properties, at least two (one, if the object has one)."""
    properties = [inner.without_context() for inner in item.properties()]
    best: tuple[dict[int, Field], Table | None] = ({}, None)
    for table in facts.tables:
        columns = _columns(table, properties)
        if len(columns) > len(best[0]):
            best = (columns, table)
    return best if len(best[0]) >= min(2, len(properties)) else ({}, None)


def _columns(table: Table, properties: list[Field]) -> dict[int, Field]:
    scored = sorted(
        (
            (-label_score(words, meaning_words(head.text)), at, number)
            for at, head in enumerate(table.header)
            for number, inner in enumerate(properties)
            for words in inner.wordings
        ),
    )
    columns: dict[int, Field] = {}
    for score, at, number in scored:
        if -score >= MATCHES and at not in columns and properties[number] not in columns.values():
            columns[at] = properties[number]
    return dict(sorted({**columns, **_usual_columns(table, columns, properties)}.items())) if columns else {}


def _usual_columns(table: Table, columns: Mapping[int, Field], properties: list[Field]) -> dict[int, Field]:
    """An amount that no heading names is the last column of money; a description is the first column."""
    free = [at for at in range(len(table.header)) if at not in columns]
    money = [at for at in free if names_money(table.header[at].text)]
    usual: dict[int, Field] = {}
    for inner in properties:
        words = next(inner.wordings, frozenset())
        if inner in columns.values():
            continue
        if words <= {"amount", "total"} and money:
            usual[money[-1]] = inner
        elif words <= {"description", "item", "name"} and free[:1] == [0]:
            usual[0] = inner
    return usual
