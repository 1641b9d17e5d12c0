"""What differs between two definitions, as sentences and as rows for people."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.definition.diff import Change, DefinitionDiff, KeyChange
from web.quantities import plural

LONGEST_VALUE = 240
MOST_ROWS = 300


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key with its values as short JSON; "" where there is none."""

    path: str
    change: Change
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A task, or with `name` "" the pipeline itself, and what of it differs."""

    name: str
    change: Change
    keys: Sequence[ShownKey]


def summarise(diff: DefinitionDiff) -> str:
    """`2 tasks change and 1 is added; settings change: description.`"""
    if diff.is_same:
        return "Nothing differs: both mean the same."
    said = [text for text in (_tasks(diff), _settings(diff)) if text]
    if diff.is_reordered:
        said.append("tasks are listed in another order")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _tasks(diff: DefinitionDiff) -> str:
    counts = [
        (len(diff.tasks_that("changed")), "changes", "change"),
        (len(diff.tasks_that("added")), "is added", "are added"),
        (len(diff.tasks_that("removed")), "is removed", "are removed"),
    ]
    said: list[str] = []
    for count, one, many in counts:
        if count:
            subject = plural(count, "task", "tasks") if not said else str(count)
            said.append(f"{subject} {one if count == 1 else many}")
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def _settings(diff: DefinitionDiff) -> str:
    names = list(dict.fromkeys(change.path.split(".")[0].split("[")[0] for change in diff.settings))
    return f"{'a setting changes' if len(names) == 1 else 'settings change'}: {', '.join(names)}" if names else ""


def describe(diff: DefinitionDiff) -> list[ShownChange]:
    """The pipeline's own settings first, then tasks; at most `MOST_ROWS`."""
    return [change for change, _ in zip(_rows(diff), range(MOST_ROWS), strict=False)]


def _rows(diff: DefinitionDiff) -> Iterator[ShownChange]:
    if diff.settings:
        yield ShownChange("", "changed", [_key(change) for change in diff.settings])
    for task in diff.tasks:
        yield ShownChange(task.name, task.change, [_key(change) for change in task.keys])


def _key(change: KeyChange) -> ShownKey:
    before = "" if change.change == "added" else _shortly(change.before)
    after = "" if change.change == "removed" else _shortly(change.after)
    return ShownKey(change.path, change.change, before, after)


def _shortly(value: Any) -> str:
    text = value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
