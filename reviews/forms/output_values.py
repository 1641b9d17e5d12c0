"""Between an output and the texts of the reviewer's form.

A field that nobody touched keeps exactly what was proposed, and what the form has no field for stays as it is: only
what the reviewer changed is read. Whether the result fits the schema is the services' to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from web.schema_form.fields import InputField
from web.schema_form.values import ABSENT, MISSING, ON, NotInFields, WrongText, read_leaf, show_leaf

Texts = Mapping[str, str]
MOST_ROWS = 200
MOST_CHANGES = 200
ORIGIN = "origin/"
"""Hidden beside each row of a list: which of the proposed rows it was, "" for a new one."""


def show(fields: Sequence[InputField], value: Any) -> dict[str, str]:
    """The texts of the controls for an output. Raises `NotInFields` when some control cannot say it at all."""
    if not isinstance(value, Mapping):
        raise NotInFields
    return dict(_show_members(fields, value))


def _show_members(fields: Sequence[InputField], value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in fields:
        yield from _show(one, value.get(str(one.path[-1]), ABSENT))


def _show(one: InputField, value: Any) -> Iterator[tuple[str, str]]:
    if value is ABSENT or (value is None and one.kind != "choice"):
        return
    if one.kind == "group":
        if not isinstance(value, Mapping):
            raise NotInFields
        yield from _show_members(one.fields, value)
    elif one.kind == "rows":
        yield from _show_rows(one, value)
    elif one.kind == "checkbox":
        if not isinstance(value, bool):
            raise NotInFields
        yield from [(one.name, ON)] if value else []
    else:
        yield one.name, show_leaf(one, value)


def _show_rows(one: InputField, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list) or len(value) > MOST_ROWS or not all(isinstance(row, Mapping) for row in value):
        raise NotInFields
    yield one.name, str(len(value))
    for row, found in zip(rows_of(one, {one.name: str(len(value))}), value, strict=True):
        yield ORIGIN + row.name, str(row.path[-1])
        yield from _show_members(row.fields, found)


def rows_of(one: InputField, texts: Texts) -> list[InputField]:
    """The rows of a list as its hidden count says; nonsense is none."""
    count = texts.get(one.name, "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 5 else 0
    item = one.item
    return [item.at((*one.path, index)) for index in range(min(number, MOST_ROWS))] if item else []


@dataclass(slots=True)
class Reading:
    """Reads texts against what was shown at first; `errors` by the names of controls."""

    texts: Texts
    shown: Texts
    errors: dict[str, list[str]] = field(default_factory=dict)

    def members(self, fields: Sequence[InputField], was: Any) -> dict[str, Any]:
        """An object's members: those of the form as they are now, all others as they were."""
        before = dict(was) if isinstance(was, Mapping) else {}
        for one in fields:
            name = str(one.path[-1])
            value = self._read(one, before.get(name, ABSENT))
            if value is ABSENT:
                before.pop(name, None)
            else:
                before[name] = value
        return before

    def _read(self, one: InputField, was: Any) -> Any:
        if self._is_untouched(one):
            return was
        if self._is_blank(one):
            return self._read_blank(one)
        if one.kind == "group":
            return self.members(one.fields, was)
        if one.kind == "rows":
            return [self._row(one, row, was) for row in rows_of(one, self.texts)]
        if one.kind == "checkbox":
            return one.name in self.texts
        try:
            return read_leaf(one, self.texts[one.name])
        except WrongText as wrong:
            self.errors.setdefault(one.name, []).append(str(wrong))
            return ABSENT

    def _row(self, one: InputField, row: InputField, was: Any) -> dict[str, Any]:
        """A row read against the proposed row that it was."""
        origin = self.texts.get(ORIGIN + row.name, "")
        if not (isinstance(was, list) and origin.isascii() and origin.isdigit() and int(origin) < len(was)):
            return self._with({}).members_into(row, {}, self)
        first = one.item.at((*one.path, int(origin))) if one.item else row
        moved = {name.replace(first.name, row.name, 1): text for name, text in self.shown.items() if _in(name, first)}
        return self._with(moved).members_into(row, was[int(origin)], self)

    def _with(self, shown: Texts) -> "Reading":
        return Reading(self.texts, shown)

    def members_into(self, row: InputField, was: Any, outer: "Reading") -> dict[str, Any]:
        found = self.members(row.fields, was)
        outer.errors.update(self.errors)
        return found

    def _is_untouched(self, one: InputField) -> bool:
        if one.kind == "group":
            return all(self._is_untouched(inner) for inner in one.fields)
        names = {one.name}
        if one.kind == "rows":
            names |= {name for texts in (self.texts, self.shown) for name in texts if _in(name, one)}
        return all(self.texts.get(name, "") == self.shown.get(name, "") for name in names)

    def _is_blank(self, one: InputField) -> bool:
        if one.kind == "group":
            return all(self._is_blank(inner) for inner in one.fields)
        if one.kind in ("rows", "checkbox"):
            return False
        text = self.texts.get(one.name, "")
        return not (text if one.kind in ("text", "long_text") else text.strip())

    def _read_blank(self, one: InputField) -> Any:
        """What was there has been taken away."""
        if one.kind == "lines":
            return []
        if one.is_nullable:
            return None
        if not one.is_required:
            return ABSENT
        if one.kind in ("text", "long_text"):
            return ""
        if one.kind == "group":
            return self.members(one.fields, {})
        self.errors.setdefault(one.name, []).append(MISSING)
        return ABSENT


def _in(name: str, one: InputField) -> bool:
    """Whether a control belongs to a field: its own, of one inside, or the origin of a row."""
    return name.removeprefix(ORIGIN) == one.name or name.removeprefix(ORIGIN).startswith(f"{one.name}/")


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two values differ; ABSENT is shown as None with `is_added` or `is_removed`."""

    place: str
    was: Any
    now: Any
    is_added: bool = False
    is_removed: bool = False


def changes(was: Any, now: Any) -> list[Change]:
    """Where two JSON values differ, deepest places, in the order of the first; at most MOST_CHANGES."""
    found: list[Change] = []
    _compare((), was, now, found)
    return found[:MOST_CHANGES]


def _compare(path: tuple[str, ...], was: Any, now: Any, found: list[Change]) -> None:
    if type(was) is type(now) and was == now and not isinstance(was, dict | list):
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for name in [*was, *(name for name in now if name not in was)]:
            _compare((*path, str(name)), was.get(name, ABSENT), now.get(name, ABSENT), found)
    elif isinstance(was, list) and isinstance(now, list):
        for index in range(max(len(was), len(now))):
            before = was[index] if index < len(was) else ABSENT
            _compare((*path, str(index + 1)), before, now[index] if index < len(now) else ABSENT, found)
    else:
        added, removed = was is ABSENT, now is ABSENT
        found.append(
            Change(
                " › ".join(path), None if added else was, None if removed else now, is_added=added, is_removed=removed
            )
        )
