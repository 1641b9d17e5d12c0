"""The reviewer's form: the output in typed fields made from its JSON Schema, or as JSON where only that can say it.

One state of the form for a request: what was proposed, what stands in the controls, and errors beside them. The
services decide what an answer does; drafts hold texts that cannot be read yet as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reviews.forms import output_values
from reviews.forms.output_values import ORIGIN, Change, Reading, changes, rows_of
from reviews.models import ReviewRequest
from reviews.values import loaded
from web.schema_form.fields import InputField, input_fields
from web.schema_form.values import NotInFields, read_json, write_json

JSON = "json"
HALF_WRITTEN = "$form"
"""The one member of a draft that could not be read as a value: the texts of the form."""
PREFIXES = ("input/", ORIGIN, JSON)
LONG = frozenset({"body", "content", "document", "message", "prompt", "text", "value"})


@dataclass(frozen=True, slots=True)
class Sure:
    """What is known about one field of the proposal: how sure the model was, and the numbers of its evidence."""

    share: float | None = None
    is_low: bool = False
    is_high: bool = False
    """Above what is asked where the request names nothing of its own; neither low nor high is for nobody to judge."""
    marks: tuple[int, ...] = ()
    is_unfound: bool = False
    """It has a value, and the document none that was located."""


@dataclass(frozen=True, slots=True)
class BoundField:
    """A field as the page shows it."""

    field: InputField
    text: str
    was: str
    errors: Sequence[str] = ()
    fields: "Sequence[BoundField]" = ()
    sure: Sure = Sure()
    number: int = 0
    """Of a row, from 1."""
    origin: str = ""

    @property
    def label(self) -> str:
        """As people write it: `invoice_number` is "Invoice number"."""
        text = self.field.label.replace("_", " ")
        return text[:1].upper() + text[1:]

    @property
    def is_unfound(self) -> bool:
        return self.sure.is_unfound and self.text.strip() != "" and self.field.kind not in ("choice", "checkbox")

    @property
    def is_checked(self) -> bool:
        return self.text != ""

    @property
    def is_changed(self) -> bool:
        if self.field.kind == "group":
            return False
        return self.text != self.was

    @property
    def was_words(self) -> str:
        """The proposed value as people read it."""
        if self.field.kind == "checkbox":
            return "yes" if self.was else "no"
        if self.field.kind == "choice":
            return next((one.label for one in self.field.choices if one.key == self.was), "nothing")
        if self.field.kind == "rows":
            return f"{self.was or 0} of them"
        return self.was.replace("\n", ", ") if self.was.strip() else "nothing"

    @property
    def hint(self) -> str:
        one = self.field
        lines = "one on a line" if one.kind == "lines" else "JSON" if one.kind == "json" else ""
        text = "; ".join(part.rstrip(".") for part in (one.description, one.limits, lines) if part)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    @property
    def described_by(self) -> str:
        told = ["_error"] * bool(self.errors) + ["_hint"] * bool(self.hint) + ["_was"] * self.is_changed
        return " ".join(self.field.name + part for part in told)

    @property
    def rows(self) -> int:
        least = {"lines": 2, "json": 4}.get(self.field.kind, 6 if self.field.path[-1] in LONG else 1)
        return max(least, min(16, sum(1 + len(line) // 60 for line in self.text.split("\n"))))


@dataclass
class AnswerForm:
    """`known` says what is known about a field of the proposal, by its path."""

    proposed: Any
    fields: tuple[InputField, ...] | None
    mode: Literal["fields", "json"]
    texts: dict[str, str]
    shown: dict[str, str]
    known: Mapping[tuple[str, ...], Sure] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    """By the names of controls; under "" those of no single one."""

    @classmethod
    def of(cls, review: ReviewRequest, value: Any = ...) -> "AnswerForm":
        """Filled in with the proposal, or with a draft."""
        form = cls._empty(review)
        if isinstance(value, Mapping) and set(value) == {HALF_WRITTEN}:
            form.texts = {name: str(text) for name, text in value[HALF_WRITTEN].items() if is_ours(name)}
            form.mode = "json" if JSON in form.texts or form.fields is None else "fields"
        elif value is not ... and value != form.proposed:
            form._show(value)
            form._forget_origins(value)
        return form

    @classmethod
    def sent(cls, review: ReviewRequest, data: Mapping[str, str]) -> "AnswerForm":
        """As it was filled in. Browsers send line ends as CR LF."""
        form = cls._empty(review)
        form.texts = {name: text.replace("\r\n", "\n") for name, text in data.items() if is_ours(name)}
        form.mode = "json" if form.fields is None or JSON in form.texts else "fields"
        return form

    @classmethod
    def _empty(cls, review: ReviewRequest) -> "AnswerForm":
        proposed = loaded(review.proposed_output)
        schema = infer_schema(proposed) if review.output_schema is None else loaded(review.output_schema)
        form = cls(proposed, input_fields(schema, with_rows=True), "json", {}, {})
        form._show({} if proposed is None and form.fields is not None else proposed)
        form.shown = dict(form.texts)
        if form.mode == "json":
            form.fields = None
        return form

    @property
    def bound(self) -> list[BoundField]:
        return [self._bind(one) for one in self.fields or ()]

    @property
    def json_text(self) -> str:
        return self.texts.get(JSON, "")

    @property
    def json_rows(self) -> int:
        return max(8, min(28, self.json_text.count("\n") + 2))

    @property
    def json_errors(self) -> list[str]:
        return self.errors.get(JSON, [])

    @property
    def first_control(self) -> str:
        """Where editing begins: the first field that needs a look, else the first of all."""
        known = [one for one in self.walk() if one.field.kind not in ("group", "rows")]
        return next((one.field.name for one in (*self.doubtful, *known) if one in known), "fields")

    @property
    def changed(self) -> int:
        """How many fields differ from the proposal."""
        return sum(one.is_changed for one in self.walk()) if self.mode == "fields" else int(self.texts != self.shown)

    @property
    def doubtful(self) -> list[BoundField]:
        return [one for one in self.walk() if one.sure.is_low]

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(id of the control or "", its label, message) of every error, in the order of the page."""
        labels = {one.field.name: one.label for one in self.walk()}
        names = ["", JSON, *labels]
        return [(name, labels.get(name, ""), message) for name in names for message in self.errors.get(name, ())]

    def walk(self) -> Iterator[BoundField]:
        """Every field, those inside of groups and rows too."""
        waiting = self.bound
        while waiting:
            one = waiting.pop(0)
            yield one
            waiting = [*one.fields, *waiting]

    def read(self) -> Any:
        """The output that the form says, unless there are `errors` afterwards."""
        if self.mode == "json":
            found = read_json(self.json_text)
            self.errors = {JSON: found.errors[""]} if found.errors else {}
            return found.value
        reading = Reading(self.texts, self.shown)
        value = reading.members(self.fields or (), self.proposed)
        self.errors = reading.errors
        return value

    def as_draft(self) -> Any:
        """What a draft keeps: the output, or what cannot be read yet as it is written."""
        value, errors = self._try()
        has_moved = any(self.texts.get(name, "") != text for name, text in self._origins(self.shown | self.texts))
        return {HALF_WRITTEN: self.texts} if errors or has_moved else value

    def changes(self) -> list[Change]:
        """What differs from the proposal, as far as the form can be read."""
        value, errors = self._try()
        return [] if errors else changes(self.proposed, value)

    def _forget_origins(self, value: Any) -> None:
        """A row is taken for the proposed one in its place unless what has no field says that it is another."""
        for row in [one for one in self.walk() if one.number]:
            names = {str(inner.path[-1]) for inner in row.field.fields}
            if _besides(value, row.field.path, names) != _besides(self.proposed, row.field.path, names):
                self.texts[ORIGIN + row.field.name] = ""

    def _try(self) -> tuple[Any, dict[str, list[str]]]:
        """What `read` gives and its errors; those that are shown stay as they are."""
        before = self.errors
        value = self.read()
        errors, self.errors = self.errors, before
        return value, errors

    def _origins(self, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Which row each row was at first, by the names of both what was shown and what is there."""
        return ((name, self.shown.get(name, "")) for name in names if name.startswith(ORIGIN))

    def press(self, what: str, name: str) -> None:
        """A button of a field, without scripts: `revert`, `add` a row, `remove` one."""
        {"revert": self._revert, "add": self._add, "remove": self._remove}[what](name)

    def add_problems(self, problems: Sequence[tuple[str, str]]) -> None:
        """(JSON pointer into the decision, message) each, beside the field that it is about."""
        for pointer, message in problems:
            self._place(pointer.removeprefix("/output"), f"{message[:1].upper()}{message[1:]}".rstrip(".") + ".")

    def _place(self, pointer: str, said: str) -> None:
        names = {one.field.pointer: one.field.name for one in self.walk()}
        at = pointer
        while at and at not in names:
            at = at.rpartition("/")[0]
        rest = pointer[len(at) :].strip("/").replace("/", " › ")
        name = names.get(at, "" if self.mode == "fields" else JSON)
        self.errors.setdefault(name, []).append(f"{rest}: {said}" if rest else said)

    def _show(self, value: Any) -> None:
        """In the fields if they can say it; else as JSON."""
        try:
            self.texts, self.mode = output_values.show(self.fields, value) if self.fields else {}, "fields"
            if self.fields:
                return
        except NotInFields:
            pass
        self.texts, self.mode = {JSON: write_json(value)}, "json"

    def _bind(self, one: InputField, number: int = 0, origin: str | None = None) -> BoundField:
        name = one.name
        inner = [self._bind(part) for part in one.fields]
        if one.kind == "rows":
            inner = [
                self._bind(row, number, self.texts.get(ORIGIN + row.name, ""))
                for number, row in enumerate(rows_of(one, self.texts), start=1)
            ]
        return BoundField(
            field=one,
            text=self.texts.get(name, ""),
            was=self._was(one),
            errors=self.errors.get(name, ()),
            fields=inner,
            sure=self.known.get(tuple(map(str, one.path)), Sure()),
            number=number,
            origin=origin or "",
        )

    def _was(self, one: InputField) -> str:
        """What the control held at first; a row that has moved is compared with the row that it was."""
        for depth in range(len(one.path), 0, -1):
            if isinstance(one.path[depth - 1], int):
                row = one.at(one.path).name
                whole = _name_of(one.path[:depth])
                origin = self.texts.get(ORIGIN + whole, "")
                moved = _name_of((*one.path[: depth - 1], origin)) if origin else ""
                return self.shown.get(row.replace(whole, moved, 1), "") if moved else ""
        return self.shown.get(one.name, "")

    def _revert(self, name: str) -> None:
        found = next((one for one in self.walk() if one.field.name == name), None)
        if found is None:
            return
        if found.field.kind == "rows":
            for key in [key for key in self.texts if output_values._in(key, found.field)]:
                del self.texts[key]
            self.texts |= {key: text for key, text in self.shown.items() if output_values._in(key, found.field)}
        elif found.was:
            self.texts[name] = found.was
        else:
            self.texts.pop(name, None)

    def _add(self, name: str) -> None:
        found = next((one for one in self.walk() if one.field.name == name and one.field.kind == "rows"), None)
        if found is not None:
            number = len(found.fields)
            self.texts[name] = str(min(number + 1, output_values.MOST_ROWS))

    def _remove(self, name: str) -> None:
        """A row, and those after it move up."""
        parent = next((one for one in self.walk() for row in one.fields if row.number and row.field.name == name), None)
        if parent is None:
            return
        rows = [row.field for row in parent.fields]
        kept = [row for row in rows if row.name != name]
        texts = {key: text for key, text in self.texts.items() if not any(output_values._in(key, row) for row in rows)}
        for place, row in zip(rows, kept, strict=False):
            texts |= {
                key.replace(row.name, place.name, 1): text
                for key, text in self.texts.items()
                if output_values._in(key, row)
            }
        self.texts = texts | {parent.field.name: str(len(kept))}


def is_ours(name: str) -> bool:
    """Whether a control belongs to the output."""
    return name == JSON or name.startswith(PREFIXES[:2])


def infer_schema(value: Any) -> dict[str, Any] | None:
    """What a value without a schema looks like, so that it gets fields; None for what is no object."""
    if not isinstance(value, Mapping):
        return None
    return {"type": "object", "properties": {str(name): _infer(member) for name, member in value.items()}}


def _infer(value: Any) -> dict[str, Any]:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string"}
    if type(value) in kinds:
        return {"type": kinds[type(value)]}
    if isinstance(value, Mapping) and value:
        return infer_schema(value) or {}
    if isinstance(value, list) and value and all(isinstance(one, str) and "\n" not in one for one in value):
        return {"type": "array", "items": {"type": "string"}}
    return {}


def _besides(value: Any, path: Sequence[str | int], names: set[str]) -> Any:
    """The members of a row that the form has no field for; None where there is no such row."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return {name: member for name, member in value.items() if name not in names} if isinstance(value, Mapping) else None


def _name_of(path: Sequence[str | int]) -> str:
    return InputField(tuple(path), "group", "", "").name
