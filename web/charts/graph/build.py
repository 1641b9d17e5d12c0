"""Puts a graph together: what to show, in which layers, in which order, where exactly, and the same as an outline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from web.charts import states
from web.charts.graph import fold as folding
from web.charts.graph.draw import draw
from web.charts.graph.fold import Group, Why
from web.charts.graph.links import Links
from web.charts.graph.model import Change, Edge, Graph, Node, Options, OutlineRow, Shape
from web.quantities import plural, quantity

NOTABLE = ("failed", "timed_out", "running", "waiting", "retrying")
NAMES_IN_OUTLINE = 6
LEAST_PREFIX = 3


def layout(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    title: str = "Graph",
    options: Options | None = None,
    columns: tuple[str, ...] = (),
) -> Graph:
    """Nodes in task order become at most about a hundred boxes in layers. `columns` names what `Node.cells` hold.

    Of nodes with the same key the first counts. Edges with an unknown end, doubles, and those that would close a
    circle are not drawn.
    """
    options = options or Options()
    known = {node.key: node for node in reversed(nodes)}
    every = [node for node in nodes if known[node.key] is node]
    shown, options = _focused(every, edges, options)
    number = {node.key: index for index, node in enumerate(shown)}
    inside = [edge for edge in edges if edge.source in number and edge.target in number]
    links = Links(len(shown), ((number[edge.source], number[edge.target]) for edge in inside))
    groups = folding.fold(links, _notable(shown), frozenset(number[key] for key in options.unfold if key in number))
    group_of, between = folding.contract(links, groups)
    layers = links.layers()
    boxes = [_box(group, shown, layers) for group in groups]
    merged = _merge(inside, number, group_of, boxes)
    members = [tuple(shown[index].key for index in group.members) if len(group.members) > 1 else () for group in groups]
    width, height, placed, lines, labels = draw(boxes, members, between, merged)
    return Graph(
        title=title,
        summary=_summary(every, shown, groups, layers, options),
        width=width,
        height=height,
        nodes=placed,
        lines=lines,
        labels=labels,
        outline=_outline(boxes, members, between, merged),
        columns=columns,
        total=len(every),
        folded=sum(len(group.members) for group in groups if len(group.members) > 1),
        options=options,
    )


def _focused(nodes: list[Node], edges: Sequence[Edge], options: Options) -> tuple[list[Node], Options]:
    """The nodes that have to do with the one in focus; a focus that is no node is forgotten."""
    if not options.focus:
        return nodes, options
    number = {node.key: index for index, node in enumerate(nodes)}
    if options.focus not in number:
        return nodes, replace(options, focus="")
    pairs = ((number[e.source], number[e.target]) for e in edges if e.source in number and e.target in number)
    related = Links(len(nodes), pairs).related(number[options.focus])
    return [node for index, node in enumerate(nodes) if index in related], options


def _notable(nodes: Sequence[Node]) -> list[int]:
    """What should stand for itself: the task in question first, then the worst."""
    found = []
    for index, node in enumerate(nodes):
        if node.is_selected:
            found.append((-1, index))
        elif node.status in NOTABLE:
            found.append((NOTABLE.index(node.status), index))
        elif node.change:
            found.append((len(NOTABLE), index))
    return [index for _, index in sorted(found)]


def _box(group: Group, nodes: Sequence[Node], layers: Sequence[int]) -> Node:
    """The node drawn for a group."""
    members = [nodes[index] for index in group.members]
    if len(members) == 1:
        return members[0]
    counts = states.count_each(node.status for node in members)
    return Node(
        key=members[0].key,
        label=_group_label(group, members, layers),
        detail=", ".join(states.count_states(dict(counts))) or f"{members[0].label} and others",
        status=states.worst(node.status for node in members),
        shape=Shape.MAP,
        is_critical=any(node.is_critical for node in members),
        change=members[0].change if len({node.change for node in members}) == 1 else Change.CHANGED,
        counts=counts,
    )


def _group_label(group: Group, members: Sequence[Node], layers: Sequence[int]) -> str:
    count = plural(len(members), "task", "tasks")
    if group.why is Why.ROW:
        return f"{count} in a row"
    if group.why is Why.STEP:
        first, last = (edge(layers[index] for index in group.members) + 1 for edge in (min, max))
        return f"{count} of step {first}" if first == last else f"{count} of steps {first} to {last}"
    prefix = _common_start([node.label for node in members]).rstrip("0123456789 _-.[(#·")
    if len(prefix) >= LEAST_PREFIX:
        return f"{prefix} × {quantity(len(members))}"
    return count


def _common_start(labels: Sequence[str]) -> str:
    first, last = min(labels), max(labels)
    return next((first[:index] for index, letter in enumerate(first) if last[index : index + 1] != letter), first)


def _merge(
    edges: Sequence[Edge], number: Mapping[str, int], group_of: Sequence[int], boxes: Sequence[Node]
) -> dict[tuple[int, int], Edge]:
    """One edge between each two boxes; what its parts do not agree on is left out."""
    merged: dict[tuple[int, int], Edge] = {}
    for edge in edges:
        pair = group_of[number[edge.source]], group_of[number[edge.target]]
        if pair[0] == pair[1]:
            continue
        known = merged.get(pair)
        merged[pair] = Edge(
            source=boxes[pair[0]].key,
            target=boxes[pair[1]].key,
            label=edge.label if known is None or known.label == edge.label else "",
            is_taken=edge.is_taken or (known is not None and known.is_taken),
            change=edge.change if known is None or known.change == edge.change else Change.NONE,
        )
    return merged


def _outline(
    boxes: Sequence[Node], members: Sequence[tuple[str, ...]], links: Links, edges: Mapping[tuple[int, int], Edge]
) -> tuple[OutlineRow, ...]:
    layers = links.layers()
    return tuple(
        OutlineRow(
            node=boxes[index],
            depth=layers[index],
            needs=_needs([_need(boxes[source], edges[source, index]) for source in links.before[index]]),
            members=members[index],
        )
        for index in links.outline()
    )


def _needs(names: Sequence[str]) -> str:
    more = len(names) - NAMES_IN_OUTLINE
    if more < 2:
        return ", ".join(names)
    return f"{', '.join(names[:NAMES_IN_OUTLINE])} and {quantity(more)} more"


def _need(node: Node, edge: Edge) -> str:
    return f"{node.label} if {edge.label}" if edge.label else node.label


def _summary(
    every: Sequence[Node], shown: Sequence[Node], groups: Sequence[Group], layers: Sequence[int], options: Options
) -> str:
    if not every:
        return "There are no tasks."
    depth = max(layers) + 1
    count = plural(len(shown), "task", "tasks")
    start = f"{count} in {plural(depth, 'step', 'steps')} from left to right"
    if options.focus:
        of = f"{quantity(len(shown))} of {plural(len(every), 'task', 'tasks')}"
        start = f"{options.focus} with all it needs and all that needs it: {of}"
    counts = ", ".join(states.count_states(dict(states.count_each(node.status for node in shown))))
    many = [group for group in groups if len(group.members) > 1]
    folded = sum(len(group.members) for group in many)
    stacks = f"; {quantity(folded)} of them stand in {plural(len(many), 'stack', 'stacks')}" if many else ""
    return f"{start}{f'; {counts}' if counts else ''}{stacks}."
