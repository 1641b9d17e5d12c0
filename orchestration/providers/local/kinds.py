"""Which kind of thing a field asks for: decided by its format, then the words of its name and title.

Owns the table of words; finding things of a kind is left to the modules of each.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .schema import Field
from .wording import GENERIC, meaning_words

FORMATS: Mapping[str, str] = MappingProxyType({
    "date": "date", "date-time": "date_time", "email": "email", "idn-email": "email", "uri": "url", "iri": "url",
    "uri-reference": "url", "url": "url",
})  # fmt: skip

# Fields about the whole document: the name says nothing else.
_WHOLE: Mapping[str, str] = MappingProxyType({
    "title": "title", "headline": "title", "heading": "title",
    "content": "content", "body": "content", "text": "content", "fulltext": "content",
    "summary": "summary", "overview": "summary", "synopsis": "summary",
    "keyword": "keyword", "topic": "keyword", "tag": "keyword",
    "entity": "entity", "mention": "entity",
    "language": "language", "lang": "language",
})  # fmt: skip
_DOCUMENT_WORDS = frozenset("document text page main full key raw named extracted the of doc".split())

_AMOUNT_WORDS = """amount total subtotal price cost fee tax balance salary budget rent deposit discount revenue penalty
    money expense charge payment premium"""
_ORGANISATION_WORDS = """company supplier customer employer manufacturer insurer institution agency party counterparty
    org bank licensor licensee lessor lessee carrier"""
_PERSON_WORDS = """person people author contact owner manager employee candidate patient signatory reviewer approver
    assignee reporter representative speaker commander attendee landlord tenant"""

# kind -> words that name it whatever stands beside them; the first kind with a word in the name is taken
_WORDS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (kind, frozenset(words.split()))
    for kind, words in (
        ("email", "email"),
        ("phone", "phone"),
        ("url", "website"),
        ("date_time", "datetime timestamp moment"),
        ("date", "date deadline birthday due"),
        ("amount", _AMOUNT_WORDS),
        ("identifier", "number sku isbn iban identifier"),
        ("organisation", _ORGANISATION_WORDS),
        ("person", _PERSON_WORDS),
    )
)
# a list so called wants everything of its kind
UNQUALIFIED = frozenset(
    "date amount email phone website number company person people name money identifier datetime url party".split()
)


def field_kind(field: Field) -> str:
    """One of the kinds above, "quantity" for another number, "text" for anything else."""
    declared = field.schema.get("format")
    if isinstance(declared, str) and declared in FORMATS:
        return FORMATS[declared]
    if field.type == "boolean":
        return "boolean"
    if "enum" in field.schema or "const" in field.schema:
        return "choice"
    if field.type == "object" and _is_money(field):
        return "amount"
    numeric = field.type in ("number", "integer")
    for words in field.wordings:
        kind = _kind_of(words - field.context or words, words)
        if kind == "amount" or (kind and not numeric):
            return kind
    return "quantity" if numeric else "text"


def _kind_of(own: frozenset[str], words: frozenset[str]) -> str | None:
    core = own - _DOCUMENT_WORDS or own
    if len(core) == 1 and words == own and (whole := _WHOLE.get(next(iter(core)))):
        return whole
    for kind, names in _WORDS:
        if own & names:
            return kind
    if own <= {"name"}:  # `vendor.name` is a vendor
        return next((kind for kind, names in _WORDS if words & names), None)
    return None


def _is_money(field: Field) -> bool:
    names = {word for inner in field.properties() for word in meaning_words(inner.name)}
    return "currency" in names and bool(names & {"amount"}) and len(list(field.properties())) <= 3


def qualifiers(field: Field, kind: str) -> frozenset[str]:
    """The words that single one out of many: {"due"} of `due_date`; empty when any of the kind will do."""
    words = next(field.wordings, frozenset())
    return words - GENERIC - UNQUALIFIED - ({"total"} if kind == "amount" and words <= {"total", "amount"} else set())
