"""Workers and the ticker's lease: what runs, and what its duties last came to."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from orchestration.admin.filters import AliveFilter
from orchestration.models import TaskRun, TickerLease, Worker
from orchestration.selectors.workers import live_workers
from orchestration.services.retention import prune_gone_workers
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.verbs import TableVerb
from web.quantities import plural


def _state(row: Any) -> SafeString:
    if row.stopped_at:
        return display.state("cancelled", "Stopped")
    if row.pool == "inline":
        return display.state("info", "Inside run()")
    return display.state("ok", "Alive") if row.is_alive else display.state("warning", "No sign of life")


def _tasks(row: Worker) -> SafeString:
    return display.link(display.list_address(TaskRun, worker__id__exact=row.pk), "Task runs it holds")


def _prune(answers: dict[str, Any]) -> str:
    return f"Deleted {plural(prune_gone_workers(), 'worker', 'workers')} long gone."


def _leads(row: TickerLease) -> SafeString:
    is_led = row.expires_at > timezone.now()
    return display.state("ok", "Leads") if is_led else display.state("warning", "Nobody leads")


def _failing(row: TickerLease) -> SafeString | str:
    failing = [name for name, report in row.duties.items() if report.get("last_error")]
    return display.tags(failing)


PRUNE_GONE = TableVerb(
    name="prune-gone",
    label="Prune gone workers",
    permission="orchestration.delete_worker",
    preview=lambda answers: (
        "This deletes the rows of workers that gave no sign of life for a day and hold no work. The ticker does the "
        "same every hour."
    ),
    perform=_prune,
)


@admin.register(Worker)
class WorkerAdmin(RowsAdmin[Worker]):
    """Processes that take tasks."""

    table_verbs = (PRUNE_GONE,)
    ordering = ("-heartbeat_at",)
    sortable_by = ("seen",)
    list_display = ("__str__", "state", "pool", "concurrency", "listens_to", "seen", "began")
    list_filter = (AliveFilter, "pool")
    search_fields = ("hostname", "=id")
    search_help_text = "Host or id"
    fieldsets = (
        (None, {"fields": (("hostname", "state"), ("pid", "pool"), ("concurrency", "listens_to"), "tasks")}),
        ("Times (UTC)", {"fields": (("started", "last_seen"), "stopped")}),
        ("Task types it has handlers for", {"fields": ("knows",)}),
        ("For the engine", {"fields": ("id",)}),
    )

    state = cell("state", _state)
    listens_to = cell("queues", lambda row: display.tags(row.queues))
    seen = display.age("seen", "heartbeat_at", ordering="heartbeat_at")
    began = display.age("started", "started_at")
    tasks = cell("task runs", _tasks)
    started = display.moment("started", "started_at")
    last_seen = display.moment("last sign of life", "heartbeat_at")
    stopped = display.moment("stopped", "stopped_at")
    knows = cell("task types", lambda row: display.tags(row.task_types))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        rows: QuerySet[Worker] = super().get_queryset(request)
        return rows.annotate(is_alive=Exists(live_workers().filter(pk=OuterRef("pk"))))


@admin.register(TickerLease)
class TickerLeaseAdmin(RowsAdmin[TickerLease]):
    """Which ticker leads, and how its duties went."""

    ordering = ("name",)
    sortable_by = ()
    list_display = ("name", "state", "holder", "ticked_ago", "failing")
    fieldsets = ((None, {"fields": (("name", "state"), ("holder", "failing"), ("ticked", "expires"), "duties_shown")}),)

    state = cell("state", _leads)
    ticked_ago = display.age("last tick", "ticked_at")
    failing = cell("duties that fail", _failing)
    ticked = display.moment("last tick", "ticked_at")
    expires = display.moment("lease until", "expires_at")
    duties_shown = display.value("duties", "duties")
