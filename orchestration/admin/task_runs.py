"""Task runs, their attempts, and what happened when: looked at, never written here."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orchestration.admin import cells
from orchestration.admin.executions import execution_link, stored_value
from orchestration.admin.filters import QueueFilter, TaskTypeFilter
from orchestration.models import ExecutionEvent, TaskAttempt, TaskRun, Worker
from web.admin import display
from web.admin.asking import tool
from web.admin.base import ERROR, AnyModel, RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline


def _worker(row: TaskRun) -> SafeString | str:
    if row.worker is None:
        return display.NONE
    return format_html("{}, process {}", display.change_link(Worker, row.worker.pk, row.worker), row.worker_pid)


def _time_limits(row: TaskRun) -> str:
    queue = f", {display.seconds(row.queue_timeout_seconds)} in the queue" if row.queue_timeout_seconds else ""
    return f"{display.seconds(row.timeout_seconds)} for an attempt{queue}"


def _waited(row: TaskRun) -> str:
    """In the queue, before the latest attempt."""
    never_began = row.started_at is None and row.finished_at is not None
    return display.NONE if row.queued_at is None or never_began else display.took(row.queued_at, row.started_at)


class OfExecutionAdmin(RowsAdmin[AnyModel]):
    """Rows that belong to an execution, newest first; an execution's id finds its own."""

    execution_path = "execution"
    ordering = ("-pk",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnyModel]:
        large = (f"{self.execution_path}__{name}" for name in ("input", "output", "error", "labels"))
        return super().get_queryset(request).select_related(self.execution_path).defer(*large)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            key = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return self.of_execution_id(queryset, key), False

    def of_execution_id(self, rows: QuerySet[Any], key: UUID) -> QuerySet[Any]:
        return rows.filter(execution=key)


class AttemptInline(RowsInline[TaskAttempt, TaskRun]):
    """How often it was tried."""

    model = TaskAttempt
    verbose_name_plural = "attempts"
    ordering = ("token",)
    heavy = ("usage",)
    fields = readonly_fields = ("attempt", "state", "worker", "model", "started", "took", "why")

    attempt = cell("attempt", lambda row: display.change_link(TaskAttempt, row.pk, f"claim {row.token}"))
    state = cells.STATE
    started = display.moment("started", "started_at")
    took = cells.TOOK
    why = cells.ERROR_LINE


@admin.register(TaskRun)
class TaskRunAdmin(OfExecutionAdmin[TaskRun]):
    """One task of one execution."""

    heavy = ("output", "usage", "error")
    inlines = (AttemptInline,)
    list_display = ("name", "state", "of_execution", "task_type", "on_model", "queue", "tries", "waited", "took")
    list_filter = ("status", QueueFilter, TaskTypeFilter)
    search_fields = ("name",)
    search_help_text = "Name of the task, or the id of an execution"
    fieldsets = (
        (None, {"fields": (("name", "state"), ("of_execution", "task_type"), ("on_model", "queue"))}),
        ("Times (UTC)", {"fields": (("queued", "waited"), ("started", "took"), ("finished", "due"))}),
        ("Attempts", {"fields": (("tries", "time_limits"), ("on_worker", "lease"))}),
        (ERROR, {"fields": ("error_shown",)}),
        ("Output", {"fields": ("output_shown", "usage_shown")}),
        (
            "For the engine",
            {"fields": (("id", "token"), ("position", "remaining_dependencies"), ("hints", "hinted"), "max_crashes")},
        ),
    )

    state = cells.STATE
    of_execution = cell("execution", lambda row: execution_link(row.execution))
    on_model = cells.MODEL
    tries = cells.TRIES
    waited = cell("waited", _waited)
    took = cells.TOOK

    queued = display.moment("queued", "queued_at")
    started = display.moment("started", "started_at")
    finished = display.moment("finished", "finished_at")
    due = display.moment("retry due", "not_before")
    on_worker = cell("worker", _worker)
    lease = display.moment("lease until", "lease_expires_at")
    time_limits = cell("time limits", _time_limits)
    error_shown = display.value("error", "error")
    usage_shown = display.value("usage", "usage")
    output_shown = cell(
        "output",
        lambda row: stored_value(row.output, reverse("execution-output-file", args=[row.execution_id, row.name])),
    )
    hinted = display.moment("hint published", "hinted_at")

    def row_tools(self, request: HttpRequest, row: TaskRun) -> list[dict[str, Any]]:
        address = reverse("execution-task", args=[row.execution_id, row.name])
        return [tool("Open its page", address, "open_in_new"), *super().row_tools(request, row)]


@admin.register(TaskAttempt)
class TaskAttemptAdmin(OfExecutionAdmin[TaskAttempt]):
    """One try of a task run."""

    execution_path = "task_run__execution"
    heavy = ("usage", "error", "task_run__output", "task_run__usage", "task_run__error")
    list_display = ("task", "state", "of_execution", "worker", "on_model", "begun", "took")
    list_filter = ("status",)
    search_fields = ("=worker",)
    search_help_text = "Id of an execution, or a worker's host and process"
    fieldsets = (
        (None, {"fields": (("task", "state"), ("of_execution", "worker"), ("on_model", "token"))}),
        ("Times (UTC)", {"fields": (("started", "finished"), "took")}),
        (ERROR, {"fields": ("error_shown",)}),
        ("Usage", {"fields": ("usage_shown",)}),
    )

    task = cell("attempt at", lambda row: row.task_run.name)
    state = cells.STATE
    of_execution = cell("execution", lambda row: execution_link(row.task_run.execution))
    on_model = cells.MODEL
    begun = display.age("started", "started_at")
    took = cells.TOOK
    started = display.moment("started", "started_at")
    finished = display.moment("finished", "finished_at")
    error_shown = display.value("error", "error")
    usage_shown = display.value("usage", "usage")

    def of_execution_id(self, rows: QuerySet[Any], key: UUID) -> QuerySet[Any]:
        # A list of keys: joined, PostgreSQL would go through all attempts from the newest on.
        return rows.filter(task_run__in=list(TaskRun.objects.filter(execution=key).values_list("pk", flat=True)))


@admin.register(ExecutionEvent)
class ExecutionEventAdmin(OfExecutionAdmin[ExecutionEvent]):
    """Something that happened in an execution."""

    heavy = ("details",)
    list_display = ("kind", "of_task", "of_execution", "happened")
    search_fields = ("=kind",)
    search_help_text = "Id of an execution, or a kind of event such as task.failed"
    fieldsets = ((None, {"fields": (("kind", "happened"), ("of_execution", "of_task"), "details_shown")}),)

    of_task = cell("task", lambda row: row.task_name or display.NONE)
    of_execution = cell("execution", lambda row: execution_link(row.execution))
    happened = display.moment("at", "at")
    details_shown = display.value("details", "details")
