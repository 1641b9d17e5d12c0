"""The table that says the same as a graph, for keyboards, screen readers and everybody who prefers to read."""

from collections.abc import Mapping

from web.charts.drawing.markup import address, icon, state_icon_name, state_word, text
from web.charts.graph.model import Graph, Node, OutlineRow
from web.quantities import UNKNOWN

DEEPEST = 5
"""From here on a name is not indented further; its step stands before it."""
FIGURES = "0123456789$-−"
"""How a cell that holds a figure starts."""


class Outline:
    """One table; columns without anything to say are left out."""

    def __init__(self, chart: Graph, query: Mapping[str, str]) -> None:
        self.chart, self.query = chart, query
        self.has_states = any(row.node.status for row in chart.outline)
        self.has_changes = any(row.node.change for row in chart.outline)
        self.columns = [(name, self._side(index)) for index, name in enumerate(chart.columns)]

    def draw(self) -> str:
        rows = "".join(self._row(row) for row in self.chart.outline)
        return (
            '<div class="card__head"><h2>The same graph as a table</h2><p>indented by depth</p></div>'
            '<table class="table table--stack" role="table">'
            f'<caption class="vh">{text(self.chart.title)}, as a table</caption>'
            f'<thead role="rowgroup"><tr role="row">{self._heads()}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table>'
        )

    def _side(self, index: int) -> str:
        """Figures stand at the right, words at the left."""
        values = [row.node.cells[index] for row in self.chart.outline if index < len(row.node.cells)]
        is_words = any(values) and not any(value[:1] in FIGURES for value in values if value)
        return "" if is_words else "num"

    def _heads(self) -> str:
        heads = [
            ("Task", "lead"),
            *([("State", "")] * self.has_states),
            *([("Change", "")] * self.has_changes),
            ("Needs", ""),
            *self.columns,
            ("Show", "num"),
        ]
        return "".join(f'<th scope="col" role="columnheader"{_class(css)}>{text(name)}</th>' for name, css in heads)

    def _row(self, row: OutlineRow) -> str:
        node = row.node
        values = [*node.cells, *[""] * len(self.columns)]
        cells = [
            *([_state(node)] * self.has_states),
            *([_cell("Change", text(node.change.capitalize()))] * self.has_changes),
            _cell("Needs", f'<span class="muted">{text(row.needs) or UNKNOWN}</span>', "wrap"),
            *(_cell(name, text(value), css) for (name, css), value in zip(self.columns, values, strict=False)),
            _cell("Show", self._show(row), "num"),
        ]
        name = f'<span class="ind i{min(row.depth, DEEPEST)}">{_step(row)}{_name(node)}</span>'
        return (
            f'<tr role="row"{_class("is-on" if node.is_selected else "")}><th role="rowheader" scope="row" '
            f'class="lead">{name}</th>{"".join(cells)}</tr>'
        )

    def _show(self, row: OutlineRow) -> str:
        if row.members:
            href = unfolding(self.query, self.chart.options.unfold, row.node.key)
            return f'<a href="{href}">Its {len(row.members)} tasks</a>'
        if self.chart.options.focus == row.node.key:
            return f'<a href="{address(self.query, focus=None)}">All tasks</a>'
        words = f'Only its path<span class="vh"> ({text(row.node.label)})</span>'
        return f'<a class="aside" href="{address(self.query, focus=row.node.key)}">{words}</a>'


def unfolding(query: Mapping[str, str], unfold: frozenset[str], key: str) -> str:
    """The address that shows one more stack task by task."""
    return address(query, unfold=",".join(sorted({*unfold, key})))


def _step(row: OutlineRow) -> str:
    return f'<span class="muted small">step {row.depth + 1}</span> ' if row.depth > DEEPEST else ""


def _name(node: Node) -> str:
    name = text(node.label)
    return f'<a class="mono" href="{text(node.href)}">{name}</a>' if node.href else f'<span class="mono">{name}</span>'


def _cell(name: str, inside: str, css: str = "") -> str:
    return f'<td role="cell" data-k="{text(name)}"{_class(css)}>{inside or UNKNOWN}</td>'


def _state(node: Node) -> str:
    if not node.status:
        return f'<td role="cell" class="nok">{UNKNOWN}</td>'
    mark = icon(state_icon_name(node.status))
    inside = f'<span class="state" data-state="{text(node.status)}">{mark}{state_word(node.status)}</span>'
    return f'<td role="cell" class="nok">{inside}</td>'


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""
