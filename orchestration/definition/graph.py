"""The graph of a pipeline's tasks: order, levels, who is upstream of whom, and circles."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Protocol

from orchestration.definition.problems import DefinitionError, Problem


class HasDependencies(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def dependencies(self) -> Sequence[str]: ...


class Graph:
    """Tasks and their dependencies. Built from names alone it may have circles (`cycles`), and then has no order.

    Upstream sets are integers used as bit sets: a thousand tasks cost a thousand small integers.
    """

    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(parents)
        self._index = {name: index for index, name in enumerate(self.names)}
        self._parents = {name: tuple(dict.fromkeys(found)) for name, found in parents.items()}
        self._children: dict[str, list[str]] = {name: [] for name in self.names}
        for name, found in self._parents.items():
            for parent in found:
                self._children[parent].append(name)
        self._components = _components(self._parents)

    @classmethod
    def from_tasks(cls, tasks: Iterable[HasDependencies]) -> "Graph":
        """DefinitionError when a dependency is unknown or tasks wait for each other in a circle."""
        parents = {task.name: task.dependencies for task in tasks}
        unknown = [(name, found) for name, all_found in parents.items() for found in all_found if found not in parents]
        if unknown:
            text = 'unknown dependency "{}"'
            raise DefinitionError(
                Problem("unknown_dependency", text.format(found), task=name) for name, found in unknown
            )
        graph = cls(parents)
        if graph.cycles:
            raise DefinitionError(
                Problem("dependency_cycle", describe_cycle(cycle), task=cycle[0]) for cycle in graph.cycles
            )
        return graph

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every task after its dependencies; where there is a choice, as written."""
        waiting = {name: len(found) for name, found in self._parents.items()}
        ready = [self._index[name] for name, count in waiting.items() if count == 0]
        heapify(ready)
        order: list[str] = []
        while ready:
            name = self.names[heappop(ready)]
            order.append(name)
            for child in self._children[name]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    heappush(ready, self._index[child])
        return tuple(order)

    def parents(self, name: str) -> tuple[str, ...]:
        return self._parents[name]

    def children(self, name: str) -> tuple[str, ...]:
        return tuple(self._children[name])

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if not self._parents[name])

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each task stands in `order`."""
        return {name: position for position, name in enumerate(self.order)}

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if not self._children[name])

    def levels(self) -> tuple[tuple[str, ...], ...]:
        """Tasks by their longest way from a root: those of one level can run side by side."""
        depth: dict[str, int] = {}
        levels: list[list[str]] = []
        for name in self.order:
            depth[name] = 1 + max((depth[parent] for parent in self._parents[name]), default=-1)
            if depth[name] == len(levels):
                levels.append([])
            levels[depth[name]].append(name)
        return tuple(tuple(sorted(level, key=self._index.__getitem__)) for level in levels)

    def ancestors(self, name: str) -> frozenset[str]:
        return self._names_of(self._upstream[name])

    def descendants(self, name: str) -> frozenset[str]:
        bit = 1 << self._index[name]
        return frozenset(other for other, upstream in self._upstream.items() if upstream & bit)

    def is_upstream(self, name: str, of: str) -> bool:
        """Whether `of` directly or indirectly waits for `name`."""
        return bool(self._upstream[of] >> self._index[name] & 1)

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """One circle for each group of tasks that wait for each other: (a, b) where a needs b and b needs a."""
        found = [self._shortest_cycle(component) for component in self._components if self._is_circular(component)]
        return tuple(sorted(found, key=lambda cycle: self._index[cycle[0]]))

    @cached_property
    def _upstream(self) -> dict[str, int]:
        upstream: dict[str, int] = {}
        for component in self._components:  # dependencies come before dependents
            own = sum(1 << self._index[name] for name in component) if self._is_circular(component) else 0
            outside = {parent for name in component for parent in self._parents[name] if parent in upstream}
            bits = own
            for parent in outside:
                bits |= upstream[parent] | 1 << self._index[parent]
            upstream.update(dict.fromkeys(component, bits))
        return upstream

    def _names_of(self, bits: int) -> frozenset[str]:
        found: list[str] = []
        while bits:
            lowest = bits & -bits
            found.append(self.names[lowest.bit_length() - 1])
            bits ^= lowest
        return frozenset(found)

    def _is_circular(self, component: Sequence[str]) -> bool:
        return len(component) > 1 or component[0] in self._parents[component[0]]

    def _shortest_cycle(self, component: Sequence[str]) -> tuple[str, ...]:
        """Breadth first from the group's first task, through the group, back to it."""
        first = min(component, key=self._index.__getitem__)
        members = set(component)
        came_from: dict[str, str] = {}
        queue = deque([first])
        while first not in came_from:
            name = queue.popleft()
            for parent in self._parents[name]:
                if parent in members and parent not in came_from:
                    came_from[parent] = name
                    queue.append(parent)
        backwards = [first]
        while (previous := came_from[backwards[-1]]) != first:
            backwards.append(previous)
        return (first, *reversed(backwards[1:]))


def describe_cycle(cycle: Sequence[str]) -> str:
    shown = (
        [*cycle, cycle[0]] if len(cycle) <= 20 else [*cycle[:10], f"… {len(cycle) - 20} more …", *cycle[-10:], cycle[0]]
    )
    return f"circular dependencies: {' → '.join(shown)} (each waits for the next); remove one of them"


def _components(parents: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Tarjan's strongly connected components, without recursion; dependencies before dependents."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[list[str]] = []
    component: list[str]
    for root in parents:
        if root in number:
            continue
        work = [(root, iter(parents[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, rest = work[-1]
            for parent in rest:
                if parent not in number:
                    number[parent] = low[parent] = len(number)
                    stack.append(parent)
                    on_stack.add(parent)
                    work.append((parent, iter(parents[parent])))
                    break
                if parent in on_stack:
                    low[name] = min(low[name], number[parent])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    components.append(component := [])
                    while not component or component[-1] != name:
                        component.append(stack.pop())
                    on_stack.difference_update(component)
    return components
