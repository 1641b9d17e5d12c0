"""From something found to the value a field wants: a labelled value read as a date, an amount, a yes or no."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from . import amounts
from .document import fold_word, squeeze
from .facts import Facts
from .found import Found
from .layout import Cell
from .schema import Field
from .wording import meaning_words

_PHONE_DIGITS = 6
_BESIDE_NUMBER = 6  # characters of a unit or sign beside the number of a cell
MAX_TEXT = 2_000  # characters of one text value
_YES = frozenset("yes true y on ja oui si sí x ✓ ✔ ☑ ☒ enabled active checked required applicable да 是 نعم".split())
_NO = frozenset("no false n off nein non none not ☐ ✗ ✘ disabled inactive unchecked нет 否 لا".split())
_FOUND_KINDS = frozenset(
    ("date", "date_time", "email", "url", "phone", "organisation", "person", "identifier", "amount", "entity")
)


def read_cell(facts: Facts, kind: str, cell: Cell, field: Field, label: str = "") -> Iterator[Found]:
    """What a labelled value or table cell can mean for a field, best first."""
    if not cell.text:
        return
    reader = _READERS.get(kind)
    if reader:
        yield from reader(facts, cell, field, label)
        return
    if kind in _FOUND_KINDS:
        yield from facts.within(kind, cell.start, cell.end)
    if kind == "phone" and sum(map(str.isdigit, cell.text)) >= _PHONE_DIGITS:
        yield as_written(facts, cell, "text")
    if kind not in ("date", "date_time", "email", "url", "phone"):
        # A label vouches for its value: a name or number needs no other sign.
        yield as_written(facts, cell, kind)


def as_written(facts: Facts, cell: Cell, kind: str) -> Found:
    text = facts.document.text[cell.start : cell.end]
    if kind in ("organisation", "person"):
        for mark in (",", " (", "  ", " <", ";"):
            text = text.partition(mark)[0]
    elif kind == "identifier":
        text = text.split()[0] if any(map(str.isdigit, text.split()[0])) else text
    text = text[:MAX_TEXT].rstrip(" .*_") if kind != "text" else text[:MAX_TEXT].rstrip()
    return Found(cell.start, cell.start + len(text), squeeze(text), 0.85, kind)


def _read_amount(facts: Facts, cell: Cell, field: Field, label: str) -> Iterator[Found]:
    found = facts.within("amount", cell.start, cell.end)
    yield from found
    if not found and field.type not in ("string", ""):  # text is taken as it is written
        currency = amounts.currency_in(label) or facts.currency
        for number in amounts.find_numbers(facts.document, cell.start, cell.end)[:1]:
            if len(cell.text) - (number.end - number.start) > _BESIDE_NUMBER:
                return  # "CHE 33" is no sum
            value: Any = {"amount": str(number.value), "currency": None}
            yield Found(
                number.start, number.end, amounts.money(number.value, currency) if currency else value, 0.7, "amount"
            )


def _read_quantity(facts: Facts, cell: Cell, field: Field, label: str) -> Iterator[Found]:
    yield from amounts.find_numbers(facts.document, cell.start, cell.end)[:1]


def _read_boolean(facts: Facts, cell: Cell, field: Field, label: str) -> Iterator[Found]:
    answer = truth(cell.text)
    if answer is not None:
        yield Found(cell.start, cell.end, answer, 0.9, "boolean")


def truth(text: str) -> bool | None:
    """Yes or no in a few languages and signs; None for anything else."""
    words = fold_word(text).strip("[]().!* ").split() or [""]
    word = words[0].strip(",.;:")
    return True if word in _YES else False if word in _NO else None


def _read_choice(facts: Facts, cell: Cell, field: Field, label: str) -> Iterator[Found]:
    said = fold_word(squeeze(cell.text)).strip(" .*_")
    for choice in choices(field):
        wanted = fold_word(str(choice)).replace("_", " ")
        if said == wanted or said.startswith((wanted + " ", wanted + ",", wanted + "(")):
            yield Found(cell.start, cell.end, choice, 0.95, "choice")


def choices(field: Field) -> tuple[Any, ...]:
    declared = field.schema.get("enum")
    listed = declared if isinstance(declared, list) else [field.schema["const"]] if "const" in field.schema else []
    return tuple(choice for choice in listed if isinstance(choice, str | int | float) and not isinstance(choice, bool))


_READERS: Mapping[str, Callable[[Facts, Cell, Field, str], Iterator[Found]]] = MappingProxyType({
    "amount": _read_amount,
    "quantity": _read_quantity,
    "boolean": _read_boolean,
    "choice": _read_choice,
})  # fmt: skip


# --- the type the schema wants --------------------------------------------------------------------------------------


def shaped(found: Found, field: Field, facts: Facts) -> Iterator[Any]:
    """The forms a found value can take for a field, the likeliest first; the schema's check chooses."""
    value = found.value
    if found.kind == "amount":
        yield from _money_shapes(found, field, facts)
    elif isinstance(value, Decimal):
        yield from _number_shapes(value, field)
        yield squeeze(facts.document.text[found.start : found.end])
    elif field.type in ("integer", "number") and isinstance(value, str):
        digits = value.replace(" ", "")
        if digits.isdecimal() and len(digits) < 16:
            yield int(digits)
    else:
        yield value


def _number_shapes(value: Decimal, field: Field) -> Iterator[int | float]:
    if value == value.to_integral_value():
        yield int(value)
    if field.type != "integer":
        yield float(value)


def _money_shapes(found: Found, field: Field, facts: Facts) -> Iterator[Any]:
    number, currency = Decimal(found.value["amount"]), found.value["currency"]
    if field.type == "object":
        for amount in (str(found.value["amount"]), *_number_shapes(number, field)):
            yield {name: amount if is_amount else currency for name, is_amount in _money_names(field)}
    elif field.type in ("number", "integer"):
        yield from _number_shapes(number, field)
    else:
        yield squeeze(facts.document.text[found.start : found.end])
        yield str(found.value["amount"])


def _money_names(field: Field) -> Iterator[tuple[str, bool]]:
    for inner in field.properties():
        words = meaning_words(inner.name)
        if "currency" in words or "amount" in words:
            yield inner.name, "currency" not in words
