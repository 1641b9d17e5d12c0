"""Who stands above whom in each layer, so that few lines cross: Sugiyama's barycentre sweeps.

Lines longer than one layer run through stand-ins ("dummies"), one in each layer they pass. Plain lines that leave the
same task share theirs, like a cable that branches at its end; so there are never more than tasks times layers.
Sources: Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures (1981).
"""

from bisect import bisect_right, insort
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from web.charts.graph.links import Pair

SWEEPS, FEW_SWEEPS = 8, 4
COUNTED_UP_TO = 4000
"""Segments up to which crossings are counted, to keep the best sweep instead of the last."""


class End(NamedTuple):
    """Where an edge leaves its bundle: from this item (the source itself, or a dummy) to its target."""

    edge: int
    item: int
    target: int


@dataclass(slots=True)
class Bundle:
    """Edges of one source that run together through a chain of dummies."""

    source: int
    chain: list[int] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)


@dataclass(slots=True)
class Layered:
    """Items in layers: tasks by their number first, then dummies."""

    layer: list[int]
    after: list[list[int]]
    before: list[list[int]]
    bundles: list[Bundle] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)
    """For each layer its items from top to bottom."""

    def link(self, above: int, below: int) -> None:
        self.after[above].append(below)
        self.before[below].append(above)

    def add(self, layer: int) -> int:
        """A new dummy."""
        self.layer.append(layer)
        self.after.append([])
        self.before.append([])
        return len(self.layer) - 1


def arrange(layers: Sequence[int], edges: Sequence[Pair], kinds: Sequence[Hashable]) -> Layered:
    """Edges of the same source and kind run together."""
    found = Layered(layer=list(layers), after=[[] for _ in layers], before=[[] for _ in layers])
    bundles: dict[tuple[int, Hashable], Bundle] = {}
    for index, ((source, target), kind) in enumerate(zip(edges, kinds, strict=True)):
        bundle = bundles.setdefault((source, kind), Bundle(source))
        bundle.ends.append(End(index, _reach(found, bundle, layers[target]), target))
    found.bundles = list(bundles.values())
    for bundle in found.bundles:
        for _, item, target in bundle.ends:
            found.link(item, target)
    found.rows = [[] for _ in range(max(found.layer, default=-1) + 1)]
    for item, layer in enumerate(found.layer):
        found.rows[layer].append(item)
    _sweep(found)
    return found


def _reach(found: Layered, bundle: Bundle, layer: int) -> int:
    """The bundle's item in the layer before this one; the chain grows as far as needed."""
    start = found.layer[bundle.source]
    for next_ in range(start + len(bundle.chain) + 1, layer):
        dummy = found.add(next_)
        found.link(bundle.chain[-1] if bundle.chain else bundle.source, dummy)
        bundle.chain.append(dummy)
    return bundle.source if layer == start + 1 else bundle.chain[layer - start - 2]


def _sweep(found: Layered) -> None:
    """Forth and back, each layer by the mean place of its neighbours in the layer before."""
    is_counted = sum(map(len, found.after)) <= COUNTED_UP_TO
    best, fewest = [list(row) for row in found.rows], count_crossings(found) if is_counted else 0
    for sweep in range(SWEEPS if is_counted else FEW_SWEEPS):
        if is_counted and not fewest:
            break
        forth = sweep % 2 == 0
        for number in range(1, len(found.rows)) if forth else range(len(found.rows) - 2, -1, -1):
            _reorder(found, number, forth)
        if not is_counted:
            best = [list(row) for row in found.rows]
        elif (crossings := count_crossings(found)) < fewest:
            best, fewest = [list(row) for row in found.rows], crossings
    found.rows = best


def _reorder(found: Layered, number: int, forth: bool) -> None:
    row, other = found.rows[number], found.rows[number - 1 if forth else number + 1]
    place = {item: index for index, item in enumerate(other)}
    neighbours = found.before if forth else found.after
    scale = len(other) / max(1, len(row))

    def centre(index: int) -> float:
        near = neighbours[row[index]]
        return sum(place[item] for item in near) / len(near) if near else index * scale

    centres = [(centre(index), index) for index in range(len(row))]
    found.rows[number] = [row[index] for _, index in sorted(centres)]


def count_crossings(found: Layered) -> int:
    """How many pairs of lines cross between neighbouring layers."""
    crossings = 0
    for row, following in pairwise(found.rows):
        place = {item: index for index, item in enumerate(following)}
        seen: list[int] = []
        for item in row:
            ends = sorted(place[target] for target in found.after[item])
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings
