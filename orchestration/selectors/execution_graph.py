"""An execution's graph: its tasks with their states, and which ways were taken. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from orchestration.definition import Graph
from orchestration.selectors.execution_page import TaskRow, Work
from orchestration.selectors.timeline import short_model
from orchestration.states import TaskRunStatus
from web.charts.graph import Edge, Node
from web.charts.paths import critical_path
from web.quantities import UNKNOWN, duration

S = TaskRunStatus
COLUMNS = ("Type", "Took", "Attempts")
NOT_TAKEN = (S.SKIPPED, S.CANCELLED)


def graph_nodes(
    tasks: Sequence[TaskRow],
    graph: Graph,
    now: datetime,
    *,
    work: Mapping[int, Work],
    selected: str = "",
    with_path: bool = False,
    href: Callable[[str], str] = "?task={}".format,
) -> list[Node]:
    """A node for each task run, in the order of execution. `work` has their ended attempts."""
    path = _path(tasks, graph, now) if with_path else frozenset()
    took = {task.name: _took(task, work.get(task.pk), now) for task in tasks}
    return [
        Node(
            key=task.name,
            label=task.name,
            detail=_detail(task, took[task.name]),
            status=task.status,
            href=href(task.name),
            is_critical=task.name in path,
            is_selected=task.name == selected,
            cells=(task.task_type, took[task.name] or UNKNOWN, str(_attempts(task, work.get(task.pk)))),
        )
        for task in tasks
    ]


def graph_edges(tasks: Iterable[TaskRow], graph: Graph) -> list[Edge]:
    """An edge for each dependency; one to a task that never came to run is not taken."""
    status = {task.name: task.status for task in tasks}
    return [
        Edge(source=parent, target=name, is_taken=status[name] not in NOT_TAKEN)
        for name in status
        for parent in graph.parents(name)
    ]


def _path(tasks: Iterable[TaskRow], graph: Graph, now: datetime) -> frozenset[str]:
    ended: Mapping[str, datetime] = {task.name: task.finished_at or now for task in tasks if task.started_at}
    return frozenset(critical_path(ended, {name: graph.parents(name) for name in ended}))


def _detail(task: TaskRow, took: str) -> str:
    parts = [short_model(task.model) or task.task_type, took]
    if task.status in (S.FAILED, S.TIMED_OUT):
        parts = [task.code or task.status.replace("_", " "), took]
    elif task.status == S.RETRYING:
        parts = [f"attempt {task.failures + 1} of {task.max_attempts} due"]
    elif task.status == S.SKIPPED:
        parts = ["skipped"]
    return " · ".join(filter(None, parts))


def _took(task: TaskRow, work: Work | None, now: datetime) -> str:
    """Of all attempts, the one in flight up to now."""
    if task.status == S.COMPLETED and task.started_at is None:
        return "reused"
    if task.status == S.RUNNING and task.started_at:
        return duration((work.seconds if work else 0.0) + (now - task.started_at).total_seconds())
    return duration(work.seconds) if work else ""


def _attempts(task: TaskRow, work: Work | None) -> int:
    """Those that ended, and the one in flight."""
    return (work.attempts if work else 0) + (task.status == S.RUNNING)
