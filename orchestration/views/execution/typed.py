"""A value as HTML for people: objects as names and values, lists of objects as tables, texts as paragraphs.

Everything is escaped. Nothing in a value is ever fetched or drawn: an address stays text, and what is encoded in one
(`data:`) is only counted. However large the value, about `MOST_PARTS` parts of it are written.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orchestration.selectors.stored_values import Large
from web.quantities import HARD, plural, quantity, size

MOST_PARTS = 2_000
MOST_ROWS = 50
MOST_ITEMS = 200
MOST_COLUMNS = 8
DEEPEST = 6
SHORT_TEXT = 160
LONG_TEXT = 1_200
PREVIEW = 280
SHORT_ITEM = 40
CELL = 120
LONGEST_CODE = 12
PLACES = 4
NOTES = "_confidence"

NONE = format_html('<span class="subtle">{}</span>', "none")


def show_fields(value: Any) -> SafeString:
    """The value, typed."""
    return _Writer().write(value, 0)


class _Writer:
    """Writes one value, counting the parts."""

    def __init__(self) -> None:
        self.parts = 0

    def write(self, value: Any, depth: int) -> SafeString:
        self.parts += 1
        if self.parts > MOST_PARTS or depth > DEEPEST:
            return _subtle("more: see JSON")
        if isinstance(value, Mapping):
            return self._object(value, depth)
        if isinstance(value, list):
            return self._list(value, depth)
        return _plain(value)

    def _object(self, value: Mapping[str, Any], depth: int) -> SafeString:
        if not value:
            return _subtle("no fields")
        notes = value.get(NOTES)
        sure = notes if isinstance(notes, Mapping) else {}
        rows = [(name, value[name]) for name in list(value)[:MOST_ITEMS] if not (sure and name == NOTES)]
        fields = format_html_join("", "{}", ((self._field(name, item, sure, depth),) for name, item in rows))
        return format_html('<dl class="fields">{}</dl>{}', fields, _rest(len(value) - MOST_ITEMS, "field", "fields"))

    def _field(self, name: str, value: Any, sure: Mapping[str, Any], depth: int) -> SafeString:
        """A value with parts of its own stands below its name, a short one beside it."""
        if isinstance(value, Mapping) and value and (_is_small(value) or _is_money(value)):
            self.parts += len(value)
            return _row("beside", name, _inline(value), _sure(sure, name))
        is_deep = isinstance(value, Mapping | list) and bool(value) and not _are_tags(value)
        return _row("deep" if is_deep else "beside", name, self.write(value, depth + 1), _sure(sure, name))

    def _list(self, value: Sequence[Any], depth: int) -> SafeString:
        if not value:
            return _subtle("empty list")
        if not _are_tags(value) and (columns := _columns(value)):
            return self._table(value, columns)
        shown, rest = value[:MOST_ITEMS], _rest(len(value) - MOST_ITEMS, "item", "items")
        if _are_tags(shown):
            self.parts += len(shown)
            tags = format_html_join("", '<span class="tag">{}</span>', ((_plain(item),) for item in shown))
            return format_html('<span class="tags">{}</span>{}', tags, rest)
        items = format_html_join("", "<li>{}</li>", ((self.write(item, depth + 1),) for item in shown))
        return format_html('<ol class="values">{}</ol>{}', items, rest)

    def _table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> SafeString:
        self.parts += len(columns) * min(len(rows), MOST_ROWS)
        head = format_html_join("", '<th scope="col">{}</th>', ((column,) for column in columns))
        body = format_html_join("", "<tr>{}</tr>", ((_cells(row, columns),) for row in rows[:MOST_ROWS]))
        table = '<div class="scroll" tabindex="0"><table class="table values">{}{}</table></div>{}'
        return format_html(
            table,
            format_html("<thead><tr>{}</tr></thead>", head),
            format_html("<tbody>{}</tbody>", body),
            _rest(len(rows) - MOST_ROWS, "row", "rows"),
        )


def _row(css: str, name: str, value: SafeString | str, sure: SafeString | str) -> SafeString:
    return format_html('<div class="{}"><dt>{}{}</dt><dd>{}</dd></div>', css, name, sure, value)


def _are_tags(value: Any) -> bool:
    """A list of short values, which stand side by side."""
    return isinstance(value, list) and all(_is_short(item, SHORT_ITEM) for item in value[:MOST_ITEMS])


def _cells(row: Mapping[str, Any], columns: Iterable[str]) -> SafeString:
    return format_html_join("", "<td{}>{}</td>", ((_css(row.get(name)), _cell(row, name)) for name in columns))


def _css(value: Any) -> SafeString | str:
    return format_html(' class="{}"', "num") if _is_number(value) else ""


def _cell(row: Mapping[str, Any], name: str) -> SafeString | str:
    return _inline(row[name]) if name in row else ""


def _columns(rows: Sequence[Any]) -> tuple[str, ...]:
    """The names that objects in a list have in common enough to be columns; none if they are better told one by one."""
    if not all(isinstance(row, Mapping) and row for row in rows):
        return ()
    names = dict.fromkeys(name for row in rows[:MOST_ROWS] for name in row)
    fits = all(_is_short(item, CELL) or _is_small(item) for row in rows[:MOST_ROWS] for item in row.values())
    return tuple(names) if fits and len(names) <= MOST_COLUMNS else ()


def _is_small(value: Any) -> bool:
    """A few short values, which fit into a cell: a sum of money, a place."""
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return isinstance(value, Mapping | list) and len(value) <= 4 and all(_is_short(item, SHORT_ITEM) for item in items)


def _is_short(value: Any, most: int) -> bool:
    if isinstance(value, str):
        return len(value) <= most and "\n" not in value and not _is_encoded(value)
    return value is None or isinstance(value, bool | int | float) or _is_money(value)


def _is_money(value: Any) -> bool:
    """A value of the short type `money`, as extraction finds it."""
    if not isinstance(value, Mapping) or value.keys() != {"amount", "currency"}:
        return False
    return _is_number(value["amount"]) and isinstance(value["currency"], str) and len(value["currency"]) <= LONGEST_CODE


def _inline(value: Any) -> SafeString | str:
    if isinstance(value, Mapping) and not _is_money(value):
        parts = ((name, _plain(item)) for name, item in value.items())
        return format_html_join(", ", '<span class="muted">{}</span> {}', parts) or _subtle("no fields")
    if isinstance(value, list):
        return format_html_join(", ", "{}", ((_plain(item),) for item in value)) or _subtle("empty list")
    return _plain(value)


def _plain(value: Any) -> SafeString:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return format_html("{}", "yes" if value else "no")
    if isinstance(value, Large):
        return _subtle(f"{size(value.size)}, too large to show along: download it")
    if _is_money(value):
        return format_html("{} {}", quantity(value["amount"]), value["currency"])
    if _is_number(value):
        return _number(value)
    return _text(value) if isinstance(value, str) else format_html("{}", str(value))


def _number(value: float) -> SafeString:
    """Digits past the fourth place are left to the JSON, and to whoever points at the number."""
    if isinstance(value, int) or not math.isfinite(value) or round(value, PLACES) in (value, 0.0):
        return format_html("{}", str(value))
    return format_html('<span title="{}">{}</span>', str(value), str(round(value, PLACES)))


def _text(value: str) -> SafeString:
    if not value.strip():
        return _subtle("empty text" if not value else plural(len(value), "blank", "blanks"))
    if _is_encoded(value):
        kind = value[5:60].partition(";")[0].partition(",")[0]
        return _subtle(f"encoded data ({kind or 'of no kind'}), {size(len(value))}, not shown")
    if len(value) <= SHORT_TEXT and "\n" not in value:
        return format_html("{}", value)
    if len(value) <= LONG_TEXT:
        return _paragraphs(value)
    fold = (
        '<details class="fold"><summary>{}… <span class="muted">{} characters</span></summary><div>{}</div></details>'
    )
    return format_html(fold, value[:PREVIEW].rstrip(), quantity(len(value)), _paragraphs(value))


def _paragraphs(value: str) -> SafeString:
    """Blank lines part paragraphs, line ends inside of them are kept by the style sheet."""
    parts = [part.strip("\n") for part in value.replace("\r\n", "\n").split("\n\n")]
    return format_html_join("", '<p class="prose">{}</p>', ((part,) for part in parts if part.strip()))


def _is_encoded(value: str) -> bool:
    return value[:5].lower() == "data:" and "," in value[:200]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sure(scores: Mapping[str, Any], name: str) -> SafeString | str:
    score = scores.get(name)
    if not _is_number(score) or score is None or not 0 <= score <= 1:
        return ""
    return format_html(' <span class="tag" title="how sure the model is">{}</span>', f"{100 * score:.0f}{HARD}%")


def _rest(number: int, one: str, many: str) -> SafeString | str:
    return _subtle(f"and {plural(number, f'more {one}', f'more {many}')}: see JSON") if number > 0 else ""


def _subtle(text: str) -> SafeString:
    return format_html('<span class="subtle">{}</span>', text)
