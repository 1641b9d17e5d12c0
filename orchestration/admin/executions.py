"""Executions: the list, one execution with the first of its task runs, and what an operator may do with it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orchestration.admin import cells
from orchestration.admin.execution_verbs import CANCEL, DELETE_ENDED, PAUSE, PRUNE, RERUN, RESUME
from orchestration.admin.filters import PipelineFilter
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, RegisteredPipeline, TaskRun
from orchestration.selectors.execution_filters import ExecutionFilters, filter_executions
from orchestration.selectors.values import show_value
from orchestration.states import Trigger
from web.admin import display
from web.admin.asking import tool
from web.admin.base import ERROR, RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline
from web.quantities import plural, size


def short_id(row: Execution) -> str:
    """The end of the id, as the product's lists show it."""
    return row.pk.hex[-8:]


def execution_link(row: Execution) -> SafeString | str:
    text = display.two_lines(row.title or row.pipeline_id, display.code_text(short_id(row)))
    return display.change_link(Execution, row.pk, text)


def stored_value(stored: Any, whole: str) -> SafeString | str:
    """A value of a task or an execution; a large one stays where it is."""
    if stored is None:
        return display.NONE
    shown = show_value(stored)
    if shown.is_inline:
        return display.json_block(shown.value, whole)
    return format_html("{} {}", f"{size(shown.size)}, kept apart.", display.link(whole, "All of it"))


def _pipeline(row: Execution) -> SafeString:
    pipeline = display.change_link(RegisteredPipeline, row.pipeline_id, row.pipeline_id)
    version = display.change_link(PipelineVersion, row.version_id, f"v{row.version.number}")
    return format_html("<span>{} {}</span>", pipeline, version)


def _tasks(row: Execution) -> str:
    failed = f", {row.failed_task_runs} failed" if row.failed_task_runs else ""
    return f"{row.version.task_count - row.open_task_runs} of {row.version.task_count}{failed}"


def _origin(row: Execution) -> str:
    return Trigger(row.trigger).label + (f" by {row.started_by}" if row.started_by else "")


def _task_runs(row: Execution) -> SafeString:
    every = display.list_address(TaskRun, execution__id__exact=row.pk)
    links = [display.link(every, f"All {plural(row.version.task_count, 'task run', 'task runs')}")]
    if row.failed_task_runs:
        failed = display.list_address(TaskRun, execution__id__exact=row.pk, status__in="failed,timed_out")
        links.append(display.link(failed, f"{row.failed_task_runs} failed"))
    return display.joined(links)


def _repeats(row: Execution) -> SafeString | str:
    return display.change_link(Execution, row.rerun_of_id, row.rerun_of_id) if row.rerun_of_id else display.NONE


def _history(row: Execution) -> SafeString:
    return display.link(display.list_address(ExecutionEvent, execution__id__exact=row.pk), "All events")


def _counters(row: Execution) -> str:
    active = f"{row.active_task_runs} active, {row.running_task_runs} running"
    return f"{row.open_task_runs} open, {active}, {row.failed_task_runs} failed"


class TaskRunInline(RowsInline[TaskRun, Execution]):
    """The first task runs, in the order of execution."""

    model = TaskRun
    verbose_name_plural = "task runs"
    ordering = ("position",)
    heavy = ("output", "usage")
    fields = readonly_fields = ("task", "state", "task_type", "tries", "started", "took", "why")

    task = cell("task", lambda row: display.change_link(TaskRun, row.pk, row.name))
    state = cells.STATE
    tries = cells.TRIES
    started = display.moment("started", "started_at")
    took = cells.TOOK
    why = cells.ERROR_LINE


@admin.register(Execution)
class ExecutionAdmin(RowsAdmin[Execution]):
    """Runs of pipelines."""

    verbs = (RERUN, PAUSE, RESUME, CANCEL, DELETE_ENDED)
    table_verbs = (PRUNE,)
    heavy = ("input", "output", "error", "labels")
    inlines = (TaskRunInline,)
    ordering = ("-created_at",)
    sortable_by = ("created",)
    list_display = ("about", "state", "of_pipeline", "tasks", "created", "took", "origin", "page")
    list_filter = ("status", PipelineFilter, "created_at", "trigger")
    search_fields = ("title",)  # makes the search field appear; `get_search_results` searches
    search_help_text = "Title, id, error or label"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("named", "state"),
                    ("of_pipeline", "tasks"),
                    ("origin", "repeats"),
                    ("all_task_runs", "history"),
                )
            },
        ),
        ("Times (UTC)", {"fields": (("exactly_created", "started"), ("finished", "took"), "deadline")}),
        (ERROR, {"fields": ("error_shown",)}),
        ("Input and output", {"fields": ("input_shown", "output_shown")}),
        (
            "For the engine",
            {"fields": (("id", "tags"), ("idempotency_key", "private_worker"), ("max_parallel", "counters"))},
        ),
    )

    about = cell("execution", lambda row: display.two_lines(row.title or row.pipeline_id, short_id(row)))
    state = cells.STATE
    of_pipeline = cell("pipeline", _pipeline)
    tasks = cell("tasks", _tasks)
    created = display.age("created", "created_at", ordering="created_at")
    took = cells.TOOK
    origin = cell("started from", _origin)
    page = cell("page", lambda row: display.link(reverse("execution", args=[row.pk]), "open"))

    named = cell("title", lambda row: row.title or display.NONE)
    repeats = cell("repeats", _repeats)
    all_task_runs = cell("task runs", _task_runs)
    history = cell("history", _history)
    exactly_created = display.moment("created", "created_at")
    started = display.moment("started", "started_at")
    finished = display.moment("finished", "finished_at")
    deadline = display.moment("deadline", "deadline_at")
    error_shown = display.value("error", "error")
    input_shown = cell("input", lambda row: stored_value(row.input, reverse("execution-file", args=[row.pk, "input"])))
    output_shown = cell(
        "output", lambda row: stored_value(row.output, reverse("execution-file", args=[row.pk, "output"]))
    )
    tags = cell("labels", lambda row: display.tags(f"{key}={text}" for key, text in row.labels.items()))
    counters = cell("task runs counted", _counters)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        return super().get_queryset(request).select_related("version").defer("version__definition")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = filter_executions(ExecutionFilters(text=search_term.strip()), timezone.now())
        return queryset & found, False

    def name_row(self, row: Execution) -> str:
        return f"{row.title or row.pipeline_id} ({short_id(row)})"

    def row_tools(self, request: HttpRequest, row: Execution) -> list[dict[str, Any]]:
        page = tool("Open its page", reverse("execution", args=[row.pk]), "open_in_new")
        return [page, *super().row_tools(request, row)]
