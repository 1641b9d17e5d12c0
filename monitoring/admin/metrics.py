"""Roll-ups, label sets, totals, watermarks; what workers use, canaries, the switch. All of it to look at."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from monitoring.admin.verbs import SWITCH_MONITORING
from monitoring.metrics.families import all_families
from monitoring.models import Canary, LifetimeTotal, MonitoringSwitch, Rollup, Series, Watermark, WorkerSample
from monitoring.services.storing import read_summary
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.quantities import UNKNOWN, size

COUNTS = (("count", "ok"), ("error", "total"))


class FamilyFilter(admin.SimpleListFilter):
    """One family; the choices cost no query."""

    title = "family"
    parameter_name = "family"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(family.name, family.name.replace("_", " ")) for family in all_families()]

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(family=self.value()) if self.value() else queryset


def _of(row: Any) -> SafeString | str:
    return display.change_link(Series, row.series_id, row.series)


def _percentiles(row: Any) -> str:
    columns = {
        name: getattr(row, name, None) for name in ("count", "ok", "error", "total", "minimum", "maximum", "sketch")
    }
    summary = read_summary(columns)
    if not summary.values:
        return UNKNOWN
    return ", ".join(f"p{share} {summary.quantile(share / 100):.4g}" for share in (50, 90, 95, 99))


@admin.register(Rollup)
class RollupAdmin(RowsAdmin[Rollup]):
    """What was measured in a minute, an hour or a day."""

    heavy = ("sketch",)
    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("family", "level", "began", "of", "count", "ok", "error", "total")
    list_filter = ("level", FamilyFilter)
    list_select_related = ("series",)
    search_fields = ("=series__pipeline", "=series__task", "=series__model")
    search_help_text = "Exactly a pipeline, task or model"
    fieldsets = (
        (None, {"fields": (("family", "level"), ("began", "of"), *COUNTS, ("minimum", "maximum"), "percentiles")}),
    )

    began = display.moment("begins", "at")
    of = cell("of", _of)
    percentiles = cell("percentiles", _percentiles)


@admin.register(Series)
class SeriesAdmin(RowsAdmin[Series]):
    """Label sets."""

    ordering = ("pk",)
    sortable_by = ()
    list_display = ("__str__", "pipeline", "task", "model", "detail")
    search_fields = ("pipeline", "task", "model", "detail")
    fieldsets = ((None, {"fields": (("pipeline", "task"), ("model", "detail"))}),)


@admin.register(LifetimeTotal)
class LifetimeTotalAdmin(RowsAdmin[LifetimeTotal]):
    """Sums since the beginning, as Prometheus gets them."""

    heavy = ("sketch",)
    ordering = ("family", "pk")
    sortable_by = ()
    list_display = ("family", "of", "count", "ok", "error", "total")
    list_filter = (FamilyFilter,)
    list_select_related = ("series",)
    fieldsets = ((None, {"fields": (("family", "of"), *COUNTS, "percentiles")}),)

    of = cell("of", _of)
    percentiles = cell("percentiles", _percentiles)


@admin.register(Watermark)
class WatermarkAdmin(RowsAdmin[Watermark]):
    """Up to when each level is complete."""

    ordering = ("level",)
    sortable_by = ()
    list_display = ("level_shown", "until")
    fieldsets = ((None, {"fields": (("level_shown", "until"),)}),)

    level_shown = cell("level", lambda row: row.get_level_display())
    until = display.moment("complete until", "sealed_until")


def _rate(name: str) -> Any:
    def show(row: WorkerSample) -> str:
        rate = getattr(row, name)
        return UNKNOWN if rate is None else f"{size(round(rate))}/s"

    return show


@admin.register(WorkerSample)
class WorkerSampleAdmin(RowsAdmin[WorkerSample]):
    """What each worker uses of its machine, at the latest look."""

    ordering = ("hostname", "pid")
    sortable_by = ()
    list_display = ("__str__", "processes", "cores", "memory", "reads", "writes", "looked")
    search_fields = ("hostname",)
    fieldsets = (
        (None, {"fields": (("hostname", "pid"), ("processes", "cores"), ("memory", "looked_at"), ("reads", "writes"))}),
    )

    cores = cell("processor, in cores", lambda row: f"{row.cpu_share:.2f}")
    memory = cell("memory", lambda row: size(row.memory_bytes))
    reads = cell("reads", _rate("read_bytes_per_second"))
    writes = cell("writes", _rate("written_bytes_per_second"))
    looked = display.age("looked at", "at")
    looked_at = display.moment("looked at", "at")


def _taken(row: Canary) -> SafeString:
    return display.state("completed", "Taken") if row.taken_at else display.state("waiting", "Waits")


@admin.register(Canary)
class CanaryAdmin(RowsAdmin[Canary]):
    """Small jobs that show whether workers still take work."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("queue", "state", "sent_by", "sent", "taken_by")
    search_fields = ("=queue", "=sent_by", "=taken_by")
    fieldsets = (
        (None, {"fields": (("queue", "state"), ("sent_by", "sent_at_shown"), ("taken_by", "taken_at_shown"))}),
    )

    state = cell("state", _taken)
    sent = display.age("sent", "sent_at")
    sent_at_shown = display.moment("sent", "sent_at")
    taken_at_shown = display.moment("taken", "taken_at")


@admin.register(MonitoringSwitch)
class MonitoringSwitchAdmin(RowsAdmin[MonitoringSwitch]):
    """Whether monitoring works, for every process alike."""

    table_verbs = (SWITCH_MONITORING,)
    ordering = ("pk",)
    sortable_by = ()
    list_display = ("__str__", "active")
    fieldsets = ((None, {"fields": ("active",)}),)
