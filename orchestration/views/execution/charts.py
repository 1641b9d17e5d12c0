"""The tabs that draw: the timeline and the graph, each with the panel of a chosen task beside it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from common.wording import closest
from orchestration.engine.versions import pipeline_of
from orchestration.selectors.execution_graph import COLUMNS, graph_edges, graph_nodes
from orchestration.selectors.execution_page import TaskRow, read_attempts, read_tasks, read_work
from orchestration.selectors.timeline import Story, notable_tasks, paused_spans, timeline_rows
from orchestration.selectors.typical import typical_tasks
from orchestration.views.execution.frame import Frame, address, show
from orchestration.views.execution.outcome import outcome_context
from orchestration.views.execution.panel import panel_context
from orchestration.views.execution.why import why_context
from web.access import page
from web.charts import graph, timeline

MANY = 12
NAMES_OFFERED = 500
LONGEST_NAME = 100


@page("orchestration.view_execution")
def execution_timeline(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """What each task was doing when."""
    return show(request, execution_id, "timeline", _timeline)


@page("orchestration.view_execution")
def execution_graph(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Who needs whom, with the states."""
    return show(request, execution_id, "graph", _graph)


def _timeline(frame: Frame) -> Mapping[str, Any]:
    execution, asked = frame.execution, frame.request.GET
    options = timeline.Options.read(asked)
    tasks = read_tasks(execution.pk)
    names = notable_tasks(tasks, options)
    story = Story(
        tasks=tasks,
        attempts=read_attempts(execution.pk, [task.pk for task in tasks if task.name in set(names)]),
        work=read_work(execution.pk),
        graph=pipeline_of(execution.version_id).graph,
        created_at=execution.created_at,
        now=frame.now,
        paused=paused_spans(execution.pk),
        medians=typical_tasks(frame.typical.executions, names, tasks=len(tasks)),
        selected=asked.get("task", ""),
        with_attempts=asked.get("attempts") == "all",
        with_path=asked.get("path") == "critical",
        detailed=frozenset(names),
        href=_links(frame),
    )
    chart = timeline.layout(
        timeline_rows(story),
        frame.now,
        is_live=not execution.is_terminal,
        start=execution.created_at,
        end=execution.finished_at,
        options=options,
    )
    return {
        "chart": chart,
        "toggles": _toggles(frame, tasks),
        **why_context(frame),
        **outcome_context(frame),
        **panel_context(frame),
    }


def _graph(frame: Frame) -> Mapping[str, Any]:
    execution, asked = frame.execution, frame.request.GET
    tasks = read_tasks(execution.pk)
    needs = pipeline_of(execution.version_id).graph
    nodes = graph_nodes(
        tasks,
        needs,
        frame.now,
        work=read_work(execution.pk),
        selected=asked.get("task", ""),
        with_path=asked.get("path") == "critical",
        href=_links(frame),
    )
    chart = graph.layout(
        nodes,
        graph_edges(tasks, needs),
        title=f"Graph of {execution.pipeline_id}",
        options=graph.Options.read(asked),
        columns=COLUMNS,
    )
    toggles = [toggle for toggle in _toggles(frame, tasks) if toggle["name"] == "path"]
    found = {"find": _find(frame, [task.name for task in tasks]), "path": asked.get("path") == "critical"}
    return {"chart": chart, "toggles": toggles, **found, **panel_context(frame)}


def _find(frame: Frame, names: list[str]) -> dict[str, Any] | None:
    """The field that finds a task by its name, where there are many."""
    asked = frame.request.GET.get("focus", "").strip()[:LONGEST_NAME]
    is_unknown = bool(asked) and asked not in names
    if len(names) < MANY and not is_unknown:
        return None
    nearest = closest(asked, names) if is_unknown else None
    return {
        "asked": asked,
        "is_unknown": is_unknown,
        "nearest": nearest,
        "nearest_url": address(frame.request, focus=nearest or ""),
        "names": names[:NAMES_OFFERED],
    }


def _links(frame: Frame) -> Callable[[str], str]:
    """Task → the address that opens its panel beside what is shown; `{}` cannot stand in a name."""
    pattern = address(frame.request, task="TASK")
    return lambda name: pattern.replace("task=TASK", f"task={name}")


def _toggles(frame: Frame, tasks: list[TaskRow]) -> list[dict[str, Any]]:
    asked = frame.request.GET
    several = any(task.failures + task.crashes for task in tasks)
    found = [
        ("attempts", "all", "All attempts", "retrying", several),
        ("path", "critical", "Critical path", "bolt", True),
    ]
    return [
        {
            "name": name,
            "label": label,
            "icon": icon,
            "is_on": asked.get(name) == value,
            "url": address(frame.request, **{name: "" if asked.get(name) == value else value}),
        }
        for name, value, label, icon, is_of_use in found
        if (is_of_use and len(tasks) > 1) or asked.get(name) == value
    ]
