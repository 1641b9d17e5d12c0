"""One task: the panel beside the timeline and the graph, and its own page."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from orchestration.selectors.attempt_logs import read_logs
from orchestration.selectors.task_page import TaskPage, read_task_page
from orchestration.views.execution.frame import Frame, address, show
from orchestration.views.execution.values import value_context
from web.access import page


@page("orchestration.view_execution")
def execution_task(request: HttpRequest, execution_id: UUID, name: str) -> HttpResponse:
    """A task run with its attempts, its output and its definition."""

    def build(frame: Frame) -> Mapping[str, Any]:
        task = _read(frame, name)
        if task is None:
            raise Http404(f"Execution {execution_id} has no task “{name}”.")
        return {**_context(frame, task), "is_page": True}

    return show(request, execution_id, "task", build)


def panel_context(frame: Frame) -> Mapping[str, Any]:
    """For `?task=name`; a name that is no task opens nothing."""
    name = frame.request.GET.get("task", "")
    task = _read(frame, name) if name else None
    if task is None:
        return {}
    around = {"previous": task.previous, "following": task.following}
    links = {where: address(frame.request, task=other) for where, other in around.items() if other}
    return {**_context(frame, task), "panel_links": {**links, "close": address(frame.request, task="")}}


def _read(frame: Frame, name: str) -> TaskPage | None:
    return read_task_page(frame.execution, name, typical=frame.typical.executions, now=frame.now)


def _context(frame: Frame, task: TaskPage) -> dict[str, Any]:
    download = reverse("execution-output-file", args=[frame.execution.pk, task.row.name])
    shown = value_context(frame.request, "output", task.output, download) if task.output else None
    words = frame.request.GET.get("log", "")[:100]
    return {"task": task, "output": shown, "logs": read_logs(task.row, words), "log_words": words}
