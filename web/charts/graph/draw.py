"""From layers and orders to boxes and lines in pixels."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from web.charts.graph.links import Links
from web.charts.graph.model import Edge, Label, Line, Node, PlacedNode
from web.charts.graph.order import Bundle, End, Layered, arrange
from web.charts.graph.place import place, spread

MARGIN = 24.0
HEIGHT = 56.0
NARROWEST, WIDEST = 120.0, 300.0
AROUND_TEXT = 56.0
"""Icon and padding beside a text."""
LETTER, SMALL_LETTER = 7.25, 6.2
COLUMN_GAP = 36.0
LABEL_HEIGHT = 20.0
LONGEST_LABEL = 28
Drawing = tuple[float, float, tuple[PlacedNode, ...], tuple[Line, ...], tuple[Label, ...]]


def draw(
    nodes: Sequence[Node], members: Sequence[tuple[str, ...]], links: Links, edges: Mapping[tuple[int, int], Edge]
) -> Drawing:
    """Width, height, boxes, lines and their labels."""
    if not nodes:
        return 2 * MARGIN, 2 * MARGIN, (), (), ()
    layers = links.layers()
    pairs = list(links.pairs())
    drawn = [edges[pair] for pair in pairs]
    found = arrange(layers, pairs, [(edge.label, edge.is_taken, edge.change) for edge in drawn])
    middle = [MARGIN + each for each in place(found, len(nodes), HEIGHT)]
    columns = _columns(nodes, found, middle, pairs, drawn)
    placed = tuple(
        _box(node, columns[layers[index]], middle[index], layers[index], members[index])
        for index, node in enumerate(nodes)
    )
    lines = _lines(drawn, found, middle, columns, _critical(nodes, layers, pairs))
    labels = _labels(drawn, found, middle, columns)
    bottom = max(max(middle[: len(nodes)]) + HEIGHT / 2, max(middle))
    return columns[-1][0] + columns[-1][1] + MARGIN, bottom + MARGIN, placed, lines, labels


def _columns(
    nodes: Sequence[Node],
    found: Layered,
    middle: Sequence[float],
    pairs: Sequence[tuple[int, int]],
    edges: Sequence[Edge],
) -> list[tuple[float, float]]:
    """For each layer where it starts and how wide it is. Gaps are as wide as labels and steep lines need."""
    widths = [NARROWEST] * len(found.rows)
    gaps = [COLUMN_GAP] * len(found.rows)
    for index, node in enumerate(nodes):
        widths[found.layer[index]] = max(widths[found.layer[index]], _width(node))
    for (source, _), edge in zip(pairs, edges, strict=True):
        if edge.label:
            gap = label_width(edge.label) + COLUMN_GAP
            gaps[found.layer[source]] = max(gaps[found.layer[source]], gap)
    for item, targets in enumerate(found.after):
        steep = max((abs(middle[item] - middle[target]) for target in targets), default=0.0)
        gaps[found.layer[item]] = max(gaps[found.layer[item]], min(120.0, steep / 5))
    columns, x = [], MARGIN
    for width, gap in zip(widths, gaps, strict=True):
        columns.append((round(x, 1), round(width, 1)))
        x += width + gap
    return columns


def _box(node: Node, column: tuple[float, float], middle: float, layer: int, members: tuple[str, ...]) -> PlacedNode:
    x, width = column
    return PlacedNode(
        node=node,
        x=x,
        y=round(middle - HEIGHT / 2, 1),
        width=width,
        height=HEIGHT,
        layer=layer,
        label=_shortened(node.label, int((width - AROUND_TEXT + 16) / LETTER)),
        detail=_shortened(node.detail, int((width - AROUND_TEXT + 16) / SMALL_LETTER)),
        members=members,
    )


def _lines(
    edges: Sequence[Edge],
    found: Layered,
    middle: Sequence[float],
    columns: Sequence[tuple[float, float]],
    critical: set[int],
) -> tuple[Line, ...]:
    pen = _Pen(found.layer, middle, columns)
    lines = []
    for bundle in found.bundles:
        for is_critical in (False, True):
            ends = [end for end in bundle.ends if (end.edge in critical) is is_critical]
            if ends:
                lines.append(Line(tuple(edges[end.edge] for end in ends), pen.draw(bundle, ends), is_critical))
    return tuple(sorted(lines, key=lambda line: (line.is_critical, line.edges[0].is_taken)))  # the last is on top


class _Pen:
    """Writes the path of a line: bends between layers, level through them."""

    def __init__(self, layer: Sequence[int], middle: Sequence[float], columns: Sequence[tuple[float, float]]) -> None:
        self.layer, self.middle, self.columns = layer, middle, columns

    def draw(self, bundle: Bundle, ends: Sequence[End]) -> str:
        """The chain as far as these ends need it, then from it to each."""
        far = max(self.layer[end.item] for end in ends) - self.layer[bundle.source]
        parts = [self._start(bundle.source)]
        for before, item in pairwise((bundle.source, *bundle.chain[:far])):
            parts.append(f"{self._bend(before, item)}H{sum(self._column(item)):g}")
        at = bundle.chain[far - 1] if far else bundle.source
        for end in sorted(ends, key=lambda end: end.item != at):  # first what goes straight on
            if end.item != at or len(parts) > 1 + far:
                parts.append(self._start(end.item))
            parts.append(self._bend(end.item, end.target))
        return "".join(parts)

    def _start(self, item: int) -> str:
        return f"M{sum(self._column(item)):g} {self.middle[item]:.1f}"

    def _bend(self, before: int, item: int) -> str:
        from_x, to_x = sum(self._column(before)), self._column(item)[0]
        half = f"{(from_x + to_x) / 2:.1f}"
        y, to_y = f"{self.middle[before]:.1f}", f"{self.middle[item]:.1f}"
        return f"C{half} {y} {half} {to_y} {to_x:g} {to_y}"

    def _column(self, item: int) -> tuple[float, float]:
        return self.columns[self.layer[item]]


def _labels(
    edges: Sequence[Edge], found: Layered, middle: Sequence[float], columns: Sequence[tuple[float, float]]
) -> tuple[Label, ...]:
    """Each where its line bends first, none on another."""
    by_layer: dict[int, list[tuple[float, str]]] = {}
    for bundle in found.bundles:
        label = edges[bundle.ends[0].edge].label
        if label:
            first = [end.target for end in bundle.ends if end.item == bundle.source] + bundle.chain[:1]
            heights = [((middle[bundle.source] + middle[item]) / 2, label) for item in first]
            by_layer.setdefault(found.layer[bundle.source], []).extend(heights)
    return tuple(
        Label(label, round((sum(columns[layer]) + columns[layer + 1][0]) / 2, 1), round(y, 1), label_width(label))
        for layer, wanted in by_layer.items()
        for y, label in _apart(sorted(wanted))
    )


def _apart(wanted: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    levels = [y - number * LABEL_HEIGHT for number, (y, _) in enumerate(wanted)]
    placed = spread(levels, [1.0] * len(levels))
    return [
        (y + number * LABEL_HEIGHT, label) for number, (y, (_, label)) in enumerate(zip(placed, wanted, strict=True))
    ]


def _critical(nodes: Sequence[Node], layers: Sequence[int], pairs: Sequence[tuple[int, int]]) -> set[int]:
    """The edges between critical nodes that follow each other: shortcuts past one of them are not on the path."""
    path = sorted((index for index, node in enumerate(nodes) if node.is_critical), key=lambda i: (layers[i], i))
    steps = set(pairwise(path))
    return {index for index, pair in enumerate(pairs) if pair in steps}


def label_width(label: str) -> float:
    return min(len(label), LONGEST_LABEL) * SMALL_LETTER + 12


def shorten_label(label: str) -> str:
    return _shortened(label, LONGEST_LABEL)


def _width(node: Node) -> float:
    needed = AROUND_TEXT + max(len(node.label) * LETTER, len(node.detail) * SMALL_LETTER)
    return min(WIDEST, max(NARROWEST, needed))


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(1, letters - 1)].rstrip()}…"
