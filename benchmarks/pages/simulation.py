"""A made-up run of a task graph: when each task was queued, tried and done, as if workers had carried it. Pure.

Owns times and outcomes; `dataset` writes them as rows.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

End = Literal["completed", "failed", "timed_out", "cancelled", "running", "waiting", "paused", "pending"]
"""How an execution stands: its own status."""

TRIES = (1,) * 20 + (2,) * 2 + (3,)
BACKOFF_SECONDS = (2.0, 8.0)


@dataclass(slots=True)
class Attempt:
    """One try; seconds count from the execution's creation. Of several only the last can succeed."""

    start: float
    end: float
    status: str


@dataclass(slots=True)
class Task:
    """One task of the run; `queued` is None when it never was."""

    name: str
    position: int
    queued: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    status: str = "pending"
    finished: float | None = None
    waits_for: int = 0
    """Dependencies that are not completed."""
    due: float | None = None
    """When the next try is due, for one that is retrying."""
    blamed: str = ""
    """For a skipped one: the task that did not complete."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Task names in topological order, each with those it depends on."""

    parents: Mapping[str, Sequence[str]]
    places: int
    """How many tasks run at once."""

    @property
    def children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.parents}
        for name, parents in self.parents.items():
            for parent in parents:
                found[parent].append(name)
        return found


def simulate(graph: Graph, end: End, random: Random, *, tries: Sequence[int] = TRIES) -> list[Task]:
    """A run that stands as `end` says, its tasks in topological order."""
    tasks = {name: Task(name, position) for position, name in enumerate(graph.parents)}
    victim = random.choice(list(tasks)) if end in ("failed", "waiting") else None
    _carry(graph, tasks, random, tries, victim)
    if end == "failed" and victim:
        _skip_after(graph, tasks, victim)
    elif end == "waiting" and victim:
        _wait_at(graph, tasks, victim)
    elif end == "pending":
        _cut(tasks, 0.0)
    elif end != "completed":
        _cut(tasks, random.uniform(0.2, 0.9) * max(task.finished or 0.0 for task in tasks.values()))
        if end in ("cancelled", "timed_out"):
            _end_open(tasks, end)
        elif end == "paused":
            _finish_running(graph, tasks)
    for name, task in tasks.items():
        task.waits_for = sum(tasks[parent].status != "completed" for parent in graph.parents[name])
    return list(tasks.values())


def moment(tasks: Sequence[Task]) -> float:
    """The last thing that happened, in seconds from the creation."""
    times = [0.0]
    for task in tasks:
        times += [attempt.end for attempt in task.attempts if attempt.status != "running"]
        times += [time for time in (task.queued, task.finished) if time is not None]
        times += [attempt.start for attempt in task.attempts]
    return max(times)


def _carry(graph: Graph, tasks: dict[str, Task], random: Random, tries: Sequence[int], victim: str | None) -> None:
    """Everything completes, as places become free; only the victim's last try fails."""
    children, left = graph.children, {name: len(parents) for name, parents in graph.parents.items()}
    ready = [(0.0, task.position, name) for name, task in tasks.items() if not left[name]]
    places = [random.uniform(0.05, 3.0)] * graph.places
    heapq.heapify(ready)
    while ready:
        queued, _, name = heapq.heappop(ready)
        start = max(queued, heapq.heappop(places)) + random.uniform(0.002, 0.05)
        task = tasks[name]
        task.queued = queued
        _try(task, start, 3 if name == victim else random.choice(tries), random)
        heapq.heappush(places, task.finished or start)
        if name == victim:
            task.status = task.attempts[-1].status = "failed"
        for child in children[name]:
            left[child] -= 1
            if not left[child]:
                at = max(tasks[parent].finished or 0.0 for parent in graph.parents[child])
                heapq.heappush(ready, (at, tasks[child].position, child))


def _try(task: Task, start: float, tries: int, random: Random) -> None:
    usual = 0.2 + (task.position * 37 % 11) / 2  # each task has its own usual duration
    for number in range(tries):
        end = start + usual * random.lognormvariate(0, 0.4)
        is_last = number == tries - 1
        task.attempts.append(Attempt(start, end, "completed" if is_last else random.choice(("failed", "timed_out"))))
        start = end + random.uniform(*BACKOFF_SECONDS)
    task.status, task.finished = "completed", task.attempts[-1].end


def _descendants(graph: Graph, name: str) -> list[str]:
    children, found, left = graph.children, {name}, [name]
    while left:
        for child in children[left.pop()]:
            if child not in found:
                found.add(child)
                left.append(child)
    return [other for other in graph.parents if other in found and other != name]


def _skip_after(graph: Graph, tasks: dict[str, Task], victim: str) -> None:
    for name in _descendants(graph, victim):
        position = tasks[name].position
        tasks[name] = Task(name, position, status="skipped", finished=tasks[victim].finished, blamed=victim)


def _wait_at(graph: Graph, tasks: dict[str, Task], victim: str) -> None:
    """The victim's last try is still due; what needs it has not begun."""
    task = tasks[victim]
    task.due = task.attempts.pop().start + 3600
    task.status, task.finished = "retrying", None
    for name in _descendants(graph, victim):
        tasks[name] = Task(name, tasks[name].position)


def _cut(tasks: dict[str, Task], at: float) -> None:
    """Everything after this time has not happened."""
    for name, task in tasks.items():
        if task.queued is None or task.queued > at:
            tasks[name] = Task(name, task.position)
        elif task.finished is not None and task.finished > at:
            _cut_task(task, at)


def _cut_task(task: Task, at: float) -> None:
    task.finished = None
    following = next((attempt for attempt in task.attempts if attempt.start > at), None)
    task.attempts = [attempt for attempt in task.attempts if attempt.start <= at]
    last = task.attempts[-1] if task.attempts else None
    if last is None:
        task.status = "queued"
    elif last.end > at:
        task.status = last.status = "running"
    else:
        task.status, task.due = "retrying", following.start if following else at


def _end_open(tasks: dict[str, Task], end: Literal["cancelled", "timed_out"]) -> None:
    at = moment(list(tasks.values())) + 0.01
    for task in tasks.values():
        if task.finished is None:
            task.status = "cancelled" if task.status == "pending" else end
            task.finished, task.due = at, None
            for attempt in task.attempts:
                if attempt.status == "running":
                    attempt.end, attempt.status = at, "discarded"


def _finish_running(graph: Graph, tasks: dict[str, Task]) -> None:
    """After a pause: what ran has finished, what it released is queued."""
    for task in tasks.values():
        if task.status == "running":
            task.attempts[-1].status = "completed"
            task.status, task.finished = "completed", task.attempts[-1].end
    for name, task in tasks.items():
        parents = [tasks[parent] for parent in graph.parents[name]]
        if task.status == "pending" and all(parent.status == "completed" for parent in parents):
            task.status, task.queued = "queued", max(parent.finished or 0.0 for parent in parents)
