"""Heights: every item as near as can be to the middle of its neighbours, none on another, in the order of its layer."""

from collections.abc import Sequence

from web.charts.graph.order import Layered

GAP = 22.0
DUMMY_HEIGHT = 10.0
SWEEPS = 7
"""Odd, so that the last goes from left to right."""
LONG = 4.0
"""How much heavier a long line weighs than a task: it stays straight before tasks stay centred."""


def place(found: Layered, tasks: int, task_height: float) -> list[float]:
    """The middle of each item, from 0 for the highest edge. The first `tasks` items are tasks, the rest dummies."""
    height = [task_height] * tasks + [DUMMY_HEIGHT] * (len(found.layer) - tasks)
    middle = [0.0] * len(found.layer)
    for row in found.rows:
        _set(row, [0.0] * len(row), [1.0] * len(row), height, middle)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        neighbours = found.before if forth else found.after
        for row in found.rows if forth else reversed(found.rows):
            _settle(row, neighbours, tasks, height, middle)
    _settle(found.rows[0], found.after, tasks, height, middle)  # what nobody leads to stands where it leads
    top = min((middle[item] - height[item] / 2 for item in range(len(middle))), default=0.0)
    return [each - top for each in middle]


def _settle(
    row: Sequence[int], neighbours: Sequence[Sequence[int]], tasks: int, height: Sequence[float], middle: list[float]
) -> None:
    wanted = [_median(middle, neighbours[item], middle[item]) for item in row]
    weights = [LONG if item >= tasks and any(near >= tasks for near in neighbours[item]) else 1.0 for item in row]
    _set(row, wanted, weights, height, middle)


def _median(middle: Sequence[float], items: Sequence[int], otherwise: float) -> float:
    """The median keeps the line to the middle neighbour straight, where the mean would bend every line a little."""
    if len(items) < 2:
        return middle[items[0]] if items else otherwise
    sorted_ = sorted([middle[item] for item in items])
    half = len(sorted_) // 2
    return sorted_[half] if len(sorted_) % 2 else (sorted_[half - 1] + sorted_[half]) / 2


def _set(
    row: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    height: Sequence[float],
    middle: list[float],
) -> None:
    offsets, at = [], 0.0
    for above, item in zip([None, *row], row, strict=False):
        at += 0.0 if above is None else (height[above] + height[item]) / 2 + GAP
        offsets.append(at)
    shifted = [want - offset for want, offset in zip(wanted, offsets, strict=True)]
    for item, level, offset in zip(row, spread(shifted, weights), offsets, strict=True):
        middle[item] = level + offset


def spread(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising sequence nearest to `wanted` in least squares: neighbours out of order are pooled to their mean.

    Source: Ayer et al., An empirical distribution function for sampling with incomplete information (1955).
    """
    pools: list[tuple[float, float, int]] = []
    for want, weight in zip(wanted, weights, strict=True):
        level, heavy, size = want, weight, 1
        while pools and pools[-1][0] > level:
            other, other_weight, other_size = pools.pop()
            level = (level * heavy + other * other_weight) / (heavy + other_weight)
            heavy, size = heavy + other_weight, size + other_size
        pools.append((level, heavy, size))
    return [level for level, _, size in pools for _ in range(size)]
