"""What a caller fills in for a graph, and what `layout` makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    TASK = "task"
    PERSON = "person"
    """Decided by people: round ends."""
    MAP = "map"
    """Stands for many: a card on a stack."""


class Change(StrEnum):
    """For the graph of a difference between two versions."""

    NONE = ""
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Node:
    """One task."""

    key: str
    label: str
    detail: str = ""
    """Second line: model, duration, why skipped."""
    status: str = ""
    """One of `TaskRunStatus`, or "" where nothing runs (a pipeline's own graph): then no icon of a state is drawn."""
    href: str = ""
    shape: Shape = Shape.TASK
    is_critical: bool = False
    is_selected: bool = False
    change: Change = Change.NONE
    counts: tuple[tuple[str, int], ...] = ()
    """For a map: how many of its items are in which state, drawn as a share bar."""
    cells: tuple[str, ...] = ()
    """Texts for the further columns of the outline (see `layout(columns=…)`)."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` needs `source`. Edges to or from a key that no node has are left out."""

    source: str
    target: str
    label: str = ""
    """A condition, shown on the line."""
    is_taken: bool = True
    """False draws it dashed: the way that was not gone."""
    change: Change = Change.NONE


@dataclass(frozen=True, slots=True)
class Options:
    """How the reader wants it, from the address: `Options.read(request.GET)`; the tag's links use the same names."""

    focus: str = ""
    """`?focus=task`: only this task, all it needs and all that needs it."""
    unfold: frozenset[str] = frozenset()
    """`?unfold=key,key`: groups to show task by task."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Options":
        return cls(focus=query.get("focus", ""), unfold=frozenset(filter(None, query.get("unfold", "").split(","))))


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node, or a group of them, with its place in pixels."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    layer: int
    label: str
    """The node's label, shortened to the room there is."""
    detail: str
    members: tuple[str, ...] = ()
    """The keys of a group; empty for a single task."""


@dataclass(frozen=True, slots=True)
class Line:
    """Edges of one source that are drawn in one go: they run together and part where they must."""

    edges: tuple[Edge, ...]
    path: str
    """The `d` of an SVG path, in pixels."""
    is_critical: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A condition beside its line; `x` and `y` are its middle."""

    words: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A line of the table that says the same as the drawing."""

    node: Node
    depth: int
    needs: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """What `{% graph %}` draws."""

    title: str
    summary: str
    width: float
    height: float
    nodes: tuple[PlacedNode, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    outline: tuple[OutlineRow, ...]
    columns: tuple[str, ...] = ()
    total: int = 0
    """How many tasks there are; fewer may be drawn."""
    folded: int = 0
    """How many of them stand in groups."""
    options: Options = field(default_factory=Options)
