"""The graph as SVG in a box that scrolls, its legend, and the same as a table."""

from collections.abc import Iterable, Mapping
from math import ceil

from django.utils.safestring import SafeString

from web.charts import states
from web.charts.drawing.markup import (
    address,
    icon,
    icon_address,
    legend,
    link,
    number,
    safe,
    state_icon_name,
    text,
)
from web.charts.drawing.outline import Outline, unfolding
from web.charts.graph.draw import LABEL_HEIGHT, shorten_label
from web.charts.graph.model import Change, Graph, Label, Line, Node, PlacedNode, Shape

Query = Mapping[str, str]
LEAST_SCALE = 0.85
FIT_STEP, MOST_FITS = 80, 20
"""Pixels from one class `fit-n` of charts.css to the next, and how many there are."""


def draw_graph(chart: Graph, query: Query, has_outline: bool) -> SafeString:
    return safe(
        _head(chart, query),
        _picture(chart, query),
        f'<div class="card__head">{legend(_entries(chart))}</div>' if chart.nodes else "",
        Outline(chart, query).draw() if has_outline and chart.nodes else "",
    )


def _head(chart: Graph, query: Query) -> str:
    actions = ""
    if chart.options.focus:
        actions += link(address(query, focus=None), "full", f"Show all {chart.total} tasks")
    if chart.options.unfold:
        actions += link(address(query, unfold=None), "fold", "Fold again")
    buttons = f'<div class="actions">{actions}</div>' if actions else ""
    return f'<div class="card__head"><p>{text(chart.summary)}</p>{buttons}</div>'


def _picture(chart: Graph, query: Query) -> str:
    if not chart.nodes:
        return ""
    width, height = number(chart.width), number(chart.height)
    inside = [
        f"<title>{text(chart.title)}</title><desc>{text(chart.summary)}</desc>",
        *map(_line, chart.lines),
        *map(_label, chart.labels),
        *(_node(node, query, chart.options.unfold) for node in chart.nodes),
    ]
    return (
        f'<div class="dag" tabindex="0" role="region" aria-label="{text(chart.title)}">'
        f'<svg class="flow{_fit(chart.width)}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="group">{"".join(inside)}</svg></div>'
    )


def _fit(width: float) -> str:
    """A drawing may shrink to about 85 % of its size to fit; a class says from where on its box scrolls instead."""
    fifths = ceil(width * LEAST_SCALE / FIT_STEP)
    return f" fit-{fifths}" if fifths <= MOST_FITS else ""


def _line(line: Line) -> str:
    edge = line.edges[0]
    css = "edge"
    css += " edge--no" if not edge.is_taken else ""
    css += " edge--path" if line.is_critical else ""
    css += f" is-{edge.change}" if edge.change else ""
    return f'<path class="{css}" d="{line.path}"/>'


def _label(label: Label) -> str:
    back = _rect("", label.x - label.width / 2, label.y - LABEL_HEIGHT / 2, label.width, LABEL_HEIGHT, 4)
    words = _words_at("t2", label.x, label.y + 4, shorten_label(label.words), "middle")
    return f'<g class="cond"><title>{text(label.words)}</title>{back}{words}</g>'


def _node(placed: PlacedNode, query: Query, unfold: frozenset[str]) -> str:
    node = placed.node
    css = f"node s-{text(node.status) or 'none'}"
    css += " is-on" if node.is_selected else ""
    css += f" is-{node.change}" if node.change else ""
    words = _words(node)
    href = _href(placed, query, unfold)
    drawn = f'<g class="{css}"><title>{words}</title>{_box(placed)}{_content(placed)}{_change(placed)}</g>'
    return f'<a href="{href}" aria-label="{words}">{drawn}</a>' if href else drawn


def _href(placed: PlacedNode, query: Query, unfold: frozenset[str]) -> str:
    """A stack leads to its tasks."""
    if placed.members:
        return unfolding(query, unfold, placed.node.key)
    return text(placed.node.href)


def _words(node: Node) -> str:
    parts = [node.status.replace("_", " "), node.detail, node.change]
    if node.shape is Shape.PERSON:
        parts.append("decided by a person")
    told = ", ".join(part for part in parts if part)
    return text(f"{node.label}: {told}" if told else node.label)


def _box(placed: PlacedNode) -> str:
    x, y, width, height = placed.x, placed.y, placed.width, placed.height
    box = _rect("box", x, y, width, height, height / 2 if placed.node.shape is Shape.PERSON else 8)
    if placed.node.shape is not Shape.MAP:
        return box
    return _rect("back", x + 8, y - 8, width - 16, 20, 6) + _rect("back", x + 4, y - 4, width - 8, 20, 6) + box


def _rect(css: str, x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    css = f' class="{css}"' if css else ""
    rx = f' rx="{number(radius)}"' if radius else ""
    size = f'width="{number(width)}" height="{number(height)}"'
    return f'<rect{css} x="{number(x)}" y="{number(y)}" {size}{rx}/>'


def _words_at(css: str, x: float, y: float, words: str, anchor: str = "") -> str:
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{css}" x="{number(x)}" y="{number(y)}"{anchor}>{text(words)}</text>'


def _content(placed: PlacedNode) -> str:
    node, left = placed.node, placed.x + (18 if placed.node.shape is Shape.PERSON else 12)
    mark = _icon(node)
    is_single = not (placed.detail or node.counts)
    parts = []
    if mark:
        parts.append(
            f'<use class="icon state" data-state="{text(node.status)}" href="{icon_address(mark)}" '
            f'x="{number(left)}" y="{number(placed.y + (20 if is_single else 11))}" width="16" height="16"/>'
        )
    x = left + (24 if mark else 4)
    parts.append(_words_at("mono", x, placed.y + (32 if is_single else 24), placed.label))
    if placed.detail:
        parts.append(_words_at("t2", x, placed.y + 42, placed.detail))
    return "".join(parts) + _shares(placed)


def _icon(node: Node) -> str:
    if node.shape is Shape.PERSON and node.status in ("", "pending"):
        return "waiting"
    if node.shape is Shape.MAP and not node.status:
        return "batches"
    return state_icon_name(node.status) if node.status else ""


def _shares(placed: PlacedNode) -> str:
    """The share bar of a map or a stack."""
    total = sum(count for _, count in placed.node.counts)
    if not total:
        return ""
    room, x, parts = placed.width - 24, placed.x + 12, []
    for status, count in placed.node.counts:
        width = room * count / total
        parts.append(_rect(f"m-{states.tone(status)}", x, placed.y + placed.height - 7, width, 3))
        x += width
    return "".join(parts)


def _change(placed: PlacedNode) -> str:
    if not placed.node.change:
        return ""
    word = placed.node.change.value
    width = len(word) * 7 + 12
    x = placed.x + placed.width - width - 10
    label = _words_at("t2", x + width / 2, placed.y + 4, word, "middle")
    return f'<g class="change">{_rect("", x, placed.y - 9, width, 18, 4)}{label}</g>'


def _entries(chart: Graph) -> Iterable[tuple[str, str]]:
    for status, _ in states.count_each(placed.node.status for placed in chart.nodes):
        mark = f'<span class="state" data-state="{text(status)}">{icon(state_icon_name(status), "sm")}</span>'
        yield mark, status.replace("_", " ").capitalize()
    if any(placed.node.shape is Shape.PERSON for placed in chart.nodes):
        yield _sample('<rect class="box" x="1" y="2.5" width="14" height="9" rx="4.5"/>'), "Decided by a person"
    if any(placed.node.shape is Shape.MAP for placed in chart.nodes):
        yield _sample('<path class="box" d="M3 2.5h10M1 5h14v6.5H1z"/>'), "Many tasks"
    if any(line.is_critical for line in chart.lines):
        yield _sample('<path class="edge edge--path" d="M0 7h16"/>'), "Critical path"
    if any(not line.edges[0].is_taken for line in chart.lines):
        yield _sample('<path class="edge edge--no" d="M0 7h16"/>'), "Not taken"
    changes = {placed.node.change for placed in chart.nodes} | {line.edges[0].change for line in chart.lines}
    for change in (Change.ADDED, Change.REMOVED, Change.CHANGED):
        if change in changes:
            yield _sample(f'<path class="edge is-{change}" d="M0 7h16"/>'), change.value.capitalize()


def _sample(inside: str) -> str:
    return f'<svg class="sample" viewBox="0 0 16 14" aria-hidden="true">{inside}</svg>'
