"""Who needs whom, as numbers: edges without doubles and circles, and the layers they put the tasks into."""

from collections.abc import Iterable, Sequence

Pair = tuple[int, int]


class Links:
    """The edges between `count` tasks, numbered in task order."""

    def __init__(self, count: int, pairs: Iterable[Pair]) -> None:
        self.count = count
        self.after: list[list[int]] = [[] for _ in range(count)]
        self.before: list[list[int]] = [[] for _ in range(count)]
        for source, target in _without_circles(count, dict.fromkeys(pairs)):
            self.after[source].append(target)
            self.before[target].append(source)

    def pairs(self) -> Iterable[Pair]:
        return ((source, target) for source in range(self.count) for target in self.after[source])

    def sorted(self) -> list[int]:
        """Sources before targets, otherwise in task order as far as depth goes."""
        missing = [len(before) for before in self.before]
        ready = [index for index in range(self.count) if not missing[index]]
        for index in ready:
            for target in self.after[index]:
                missing[target] -= 1
                if not missing[target]:
                    ready.append(target)
        return ready

    def layers(self) -> list[int]:
        """For each task the length of the longest way that leads to it."""
        layer = [0] * self.count
        for index in self.sorted():
            for target in self.after[index]:
                layer[target] = max(layer[target], layer[index] + 1)
        return layer

    def related(self, index: int) -> set[int]:
        """The task, all it needs and all that need it."""
        return _reach(index, self.before) | _reach(index, self.after)

    def outline(self) -> list[int]:
        """Sources before targets, and what follows a task as near below it as that allows."""
        missing = [len(before) for before in self.before]
        stack = [index for index in reversed(range(self.count)) if not missing[index]]
        found = []
        while stack:
            index = stack.pop()
            found.append(index)
            for target in reversed(self.after[index]):
                missing[target] -= 1
                if not missing[target]:
                    stack.append(target)
        return found


def _reach(start: int, ways: Sequence[Sequence[int]]) -> set[int]:
    found, stack = {start}, [start]
    while stack:
        for other in ways[stack.pop()]:
            if other not in found:
                found.add(other)
                stack.append(other)
    return found


def _without_circles(count: int, pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs but those that close a circle (a difference of two versions may have one)."""
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        after[source].append(target)
    closing = _closing(count, after)
    return [pair for pair in pairs if pair not in closing] if closing else pairs


def _closing(count: int, after: Sequence[Sequence[int]]) -> set[Pair]:
    """The pairs that lead back to a task on the way to them, found depth first."""
    open_, done = 1, 2
    state, closing = [0] * count, set()
    for root in range(count):
        stack = [(root, 0)]
        while stack:
            index, next_ = stack.pop()
            if next_ == 0:
                if state[index]:
                    continue
                state[index] = open_
            if next_ == len(after[index]):
                state[index] = done
                continue
            stack.append((index, next_ + 1))
            target = after[index][next_]
            if state[target] == open_:
                closing.add((index, target))
            elif not state[target]:
                stack.append((target, 0))
    return closing
