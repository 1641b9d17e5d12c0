"""`local/extract`: fills the fields of a JSON Schema from a text.

Owns the walk over the schema: each field is offered what the document has for it (`candidates`, `listing`, `records`)
and keeps the first the schema accepts, with its confidence and place. Nothing is made up. docs/local-models.md has
the method.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .candidates import candidates
from .document import Document
from .facts import Facts
from .found import Found
from .kinds import field_kind
from .listing import list_items
from .records import records
from .results import Extraction
from .schema import Field, root_field
from .values import shaped

_MAX_FIELDS = 2_000  # over all levels; a schema that refers to itself ends here
_MAX_DEPTH = 6
_MAX_TRIES = 50  # candidates for one field that the schema may refuse
_MAX_ITEMS = 1_000  # of one list, and of a free-form object
_MISSING: Any = object()


def extract(text: str, schema: Mapping[str, Any], *, instructions: str | None = None) -> Extraction:
    """The fields of `schema` (a JSON Schema of an object) that are found in `text`.

    A field not found is null if its schema permits, else absent; a list not found is empty. `instructions` are for
    models that read prose: this one reads only the schema and ignores them.
    """
    document = Document.read(text)
    filling = _Filling(Facts(document))
    value = filling.properties(root_field(schema), 0)
    return Extraction(value, filling.confidence, filling.evidence, document.truncated)


@dataclass
class _Filling:
    facts: Facts
    confidence: dict[str, float] = field(default_factory=dict)
    evidence: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    fields: int = 0

    def properties(self, parent: Field, depth: int) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for inner in parent.properties():
            self.fields += 1
            if self.fields > _MAX_FIELDS:
                break
            value = self._value(inner, depth)
            if value is not _MISSING:
                filled[inner.name] = value
            elif inner.allows_null:
                filled[inner.name] = None
        return filled

    def _value(self, wanted: Field, depth: int) -> Any:
        if wanted.type == "array" or (wanted.type == "" and field_kind(wanted) == "entity"):
            return self._list(wanted)
        if wanted.type == "object" and field_kind(wanted) != "amount":
            return self._object(wanted, depth)
        for found in islice(candidates(self.facts, wanted), _MAX_TRIES):
            for value in shaped(found, wanted, self.facts):
                if wanted.accepts(value):
                    self._note(wanted, [found])
                    return value
        return _MISSING

    def _object(self, wanted: Field, depth: int) -> Any:
        if depth >= _MAX_DEPTH:
            return _MISSING
        if not any(True for _ in wanted.properties()):
            return self._labelled_values(wanted)
        before = len(self.confidence)
        value = self.properties(wanted, depth + 1)
        # An object of nothing but nulls says nothing; one without a required field is no answer.
        return value if len(self.confidence) > before and wanted.accepts(value) else _MISSING

    def _labelled_values(self, wanted: Field) -> Any:
        """A free-form object: every label and its value, the first of each label."""
        values: dict[str, str] = {}
        found = []
        for pair in self.facts.pairs:
            if pair.certain and len(values) < _MAX_ITEMS and pair.label not in values:
                values[pair.label] = self.facts.document.text[pair.value.start : pair.value.end]
                found.append(Found(pair.value.start, pair.value.end, values[pair.label], 0.8, "pair"))
        if not wanted.accepts(values):
            return _MISSING
        self._note(wanted, found)
        return values

    def _list(self, wanted: Field) -> Any:
        item = wanted.items()
        if item.type == "object" and field_kind(item) != "amount":
            pairs = list(islice(records(self.facts, wanted), _MAX_ITEMS))
        else:
            pairs = [pair for found in list_items(self.facts, wanted)[:_MAX_ITEMS] for pair in self._item(item, found)]
        most = wanted.schema.get("maxItems")
        pairs = pairs[: most if isinstance(most, int) else None]
        values = [value for value, _ in pairs]
        if not wanted.accepts(values):
            return _MISSING
        self._note(wanted, [found for _, found in pairs])
        return values

    def _item(self, item: Field, found: Found) -> list[tuple[Any, Found]]:
        return next(([(value, found)] for value in shaped(found, item, self.facts) if item.accepts(value)), [])

    def _note(self, wanted: Field, found: Iterable[Found]) -> None:
        listed = list(found)
        if listed:
            self.confidence[wanted.path] = round(sum(item.confidence for item in listed) / len(listed), 3)
            self.evidence[wanted.path] = [(item.start, item.end) for item in listed]
