"""Which tasks stand together when there are more than a drawing can show.

First tasks with the same needs and the same followers, the largest such groups first; then tasks in a row; if that is
not enough, the tasks of a layer, and at last neighbouring layers. However it ends, groups never need each other in a
circle, every task is in exactly one, and at most about a hundred are left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from web.charts.graph.links import Links

FOLDED_ABOVE = 100
ENOUGH = 60
SMALLEST = 4
NOTABLE = 8
MOST_SHOWN = 200
"""However much is unfolded."""
UNFOLDED = 60
"""How many tasks of a group are shown when it is unfolded; the rest of them stay together."""


class Why(Enum):
    """What members of a group have in common."""

    ALIKE = auto()
    """They need the same and are needed by the same."""
    ROW = auto()
    """Each follows the one before."""
    STEP = auto()
    """They stand in the same step, or in neighbouring ones."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks drawn as one; a single task is a group of one."""

    members: tuple[int, ...]
    why: Why = Why.ALIKE


def fold(links: Links, notable: Sequence[int], unfold: frozenset[int]) -> list[Group]:
    """All tasks in groups, in task order. `notable` tasks stay single where that is possible; `unfold` names groups by
    their first member."""
    if links.count <= FOLDED_ABOVE:
        return [Group((index,)) for index in range(links.count)]
    groups = _rows(links, _siblings(links, set(notable[:NOTABLE])))
    if len(groups) > FOLDED_ABOVE:
        groups = _layers(links, set(notable[:NOTABLE]))
    return sorted(_unfolded(groups, unfold), key=lambda group: group.members[0])


def contract(links: Links, groups: Sequence[Group]) -> tuple[list[int], Links]:
    """For each task the number of its group, and the links between the groups."""
    group_of = [0] * links.count
    for number, group in enumerate(groups):
        for index in group.members:
            group_of[index] = number
    return group_of, Links(len(groups), ((group_of[a], group_of[b]) for a, b in links.pairs()))


def _siblings(links: Links, single: set[int]) -> list[Group]:
    alike: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for index in range(links.count):
        if index not in single:
            alike.setdefault((frozenset(links.before[index]), frozenset(links.after[index])), []).append(index)
    left, grouped, groups = links.count, set(), []
    for members in sorted(alike.values(), key=lambda members: (-len(members), members[0])):
        if left <= ENOUGH or len(members) < SMALLEST:
            break
        groups.append(Group(tuple(members)))
        grouped.update(members)
        left -= len(members) - 1
    return [*groups, *(Group((index,)) for index in range(links.count) if index not in grouped)]


def _rows(links: Links, groups: list[Group]) -> list[Group]:
    """Groups that only follow each other become one, if there are still too many."""
    if len(groups) <= ENOUGH:
        return groups
    _, between = contract(links, groups)
    follower = [after[0] if len(after) == 1 and len(between.before[after[0]]) == 1 else None for after in between.after]
    led = {target for target in follower if target is not None}
    found = []
    for start in range(len(groups)):
        if start not in led:
            found.extend(_joined(groups, list(_run(start, follower))))
    return found


def _run(start: int, follower: Sequence[int | None]) -> Iterable[int]:
    at: int | None = start
    while at is not None:
        yield at
        at = follower[at]


def _joined(groups: Sequence[Group], run: Sequence[int]) -> list[Group]:
    if len(run) < SMALLEST:
        return [groups[number] for number in run]
    return [Group(tuple(index for number in run for index in groups[number].members), why=Why.ROW)]


def _layers(links: Links, single: set[int]) -> list[Group]:
    layers = links.layers()
    depth = max(layers) + 1
    is_too_deep = depth + len(single) > FOLDED_ABOVE
    together: dict[int, list[int]] = {}
    # By their own layer first, so that members never lead back to members before them.
    for index in sorted(range(links.count), key=lambda index: (layers[index], index)):
        if is_too_deep:
            together.setdefault(layers[index] * ENOUGH // depth, []).append(index)
        elif index not in single:
            together.setdefault(layers[index], []).append(index)
    groups = [Group(tuple(members), Why.STEP) for members in together.values()]
    return groups if is_too_deep else [*groups, *(Group((index,)) for index in sorted(single))]


def _unfolded(groups: Sequence[Group], unfold: frozenset[int]) -> Iterable[Group]:
    """The groups, the chosen ones task by task as long as the drawing does not get too large."""
    room = MOST_SHOWN - len(groups)
    for group in groups:
        shown = group.members[:UNFOLDED]
        if len(group.members) == 1 or group.members[0] not in unfold or len(shown) > room:
            yield group
            continue
        room -= len(shown)
        yield from (Group((index,)) for index in shown)
        if group.members[UNFOLDED:]:
            yield Group(group.members[UNFOLDED:], group.why)
