"""What Celery jobs that keep their results came to (django-celery-results): looked at and thrown away, never edited."""

from typing import Any

import django_celery_results.admin  # noqa: F401  # registers its own pages, which ours replace
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_results.models import GroupResult, TaskResult

from web.admin import display
from web.admin.base import AnyModel, ModelAdmin, RowsAdmin
from web.admin.display import LONGEST_VALUE, cell

STATES = {
    "SUCCESS": "completed",
    "FAILURE": "failed",
    "STARTED": "running",
    "RETRY": "retrying",
    "REVOKED": "cancelled",
}


def _text(text: str | None) -> SafeString | str:
    if not text:
        return display.NONE
    more = "…" if len(text) > LONGEST_VALUE else ""
    return format_html('<pre class="code">{}{}</pre>', text[:LONGEST_VALUE], more)


def _state(row: TaskResult) -> SafeString:
    return display.state(STATES.get(row.status, "pending"), row.status.capitalize())


class ResultsAdmin(RowsAdmin[AnyModel]):
    """Records that may be deleted."""

    ordering = ("-date_done",)
    sortable_by = ("done",)
    done = display.age("done", "date_done", ordering="date_done")
    made = display.moment("created", "date_created")
    ended = display.moment("done", "date_done")
    result_shown = cell("result", lambda row: _text(row.result))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_delete_permission(self, request, obj)


class TaskResultAdmin(ResultsAdmin[TaskResult]):
    """Results of single jobs."""

    heavy = ("result", "traceback", "meta", "task_args", "task_kwargs")
    list_display = ("job", "state", "worker", "done")
    list_filter = ("status", "date_done")
    search_fields = ("task_name", "=task_id")
    search_help_text = "Name of the job, or its id"
    fieldsets = (
        (None, {"fields": (("task_name", "state"), ("task_id", "worker"), ("made", "ended"))}),
        ("Parameters", {"fields": ("arguments", "keywords")}),
        ("Result", {"fields": ("result_shown", "trace")}),
    )
    job = cell("job", lambda row: display.two_lines(row.task_name or display.NONE, row.task_id))
    state = cell("state", _state)
    arguments = cell("arguments", lambda row: _text(row.task_args))
    keywords = cell("keyword arguments", lambda row: _text(row.task_kwargs))
    trace = cell("traceback", lambda row: _text(row.traceback))


class GroupResultAdmin(ResultsAdmin[GroupResult]):
    """Results of groups of jobs."""

    heavy = ("result",)
    list_display = ("group_id", "done")
    list_filter = ("date_done",)
    search_fields = ("=group_id",)
    fieldsets = ((None, {"fields": ("group_id", "made", "ended", "result_shown")}),)


admin.site.unregister([TaskResult, GroupResult])
admin.site.register(TaskResult, TaskResultAdmin)
admin.site.register(GroupResult, GroupResultAdmin)
