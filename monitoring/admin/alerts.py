"""Rules, alerts with their history, silences."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from monitoring.admin.verbs import (
    ACKNOWLEDGE,
    DELETE_RULE,
    END_SILENCE,
    RESOLVE,
    SILENCE_ALERT,
    SILENCE_RULE,
    SWITCH_RULE,
)
from monitoring.models import Alert, AlertRule, AlertTransition, Silence
from monitoring.states import AlertSeverity, AlertStatus
from monitoring.views.alert_rows import SEVERITY_STATES, STATUS_STATES
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline

FIRST = ("name", "severity_shown", "watched", "pipeline", "channels_shown", "enabled", "last_evaluated")


def severity(row: Any) -> SafeString:
    return display.state(SEVERITY_STATES[AlertSeverity(row.severity)], row.get_severity_display().capitalize())


def status(row: Any) -> SafeString:
    return display.state(STATUS_STATES[AlertStatus(row.status)], row.get_status_display().capitalize())


def rule_link(row: Any) -> SafeString | str:
    return display.change_link(AlertRule, row.rule_id, row.rule.name) if row.rule_id else display.NONE


def _watched(row: AlertRule) -> SafeString:
    return display.code_text(f"{row.metric_name} {row.operator} {row.threshold:g}")


def _history(row: AlertRule) -> SafeString:
    return display.link(display.list_address(Alert, rule__id__exact=row.pk), "All alerts")


@admin.register(AlertRule)
class AlertRuleAdmin(RowsAdmin[AlertRule]):
    """When to raise an alert; the product's page edits them, since it shows first what a rule would have done."""

    verbs = (SWITCH_RULE, SILENCE_RULE, DELETE_RULE)
    ordering = ("name",)
    sortable_by = ("name",)
    list_display = FIRST
    list_filter = ("severity", "enabled")
    search_fields = ("name", "metric_name", "=pipeline__id")
    search_help_text = "Name, metric or pipeline"
    list_select_related = ("pipeline",)
    fieldsets = (
        (None, {"fields": (("name", "severity_shown"), ("watched", "enabled"), ("pipeline", "group_by"),
                           ("task", "model"), ("history", "last_evaluated"), "last_error")}),
        ("When it fires (seconds)", {"fields": (("window_seconds", "minimum_samples"), ("for_seconds", "no_data"),
                                                ("resolve_threshold", "keep_firing_seconds"), "cooldown_seconds")}),
        ("What people are told", {"fields": ("message_template", "channels_shown", "runbook")}),
        ("Times (UTC)", {"fields": (("created", "updated"),)}),
    )  # fmt: skip

    severity_shown = cell("severity", severity, ordering="severity")
    watched = cell("fires when", _watched)
    channels_shown = cell("tells", lambda row: display.tags(row.channels))
    last_evaluated = display.age("evaluated", "evaluated_at")
    history = cell("alerts", _history)
    created = display.moment("made", "created_at")
    updated = display.moment("changed", "updated_at")

    def row_tools(self, request: HttpRequest, row: AlertRule) -> list[dict[str, Any]]:
        page = tool("Open the editor", reverse("alert-rule", args=[row.pk]), "open_in_new")
        return [page, *super().row_tools(request, row)]


class TransitionInline(RowsInline[AlertTransition, Alert]):
    """Its first moves, each with the value that made it."""

    model = AlertTransition
    ordering = ("pk",)
    fields = readonly_fields = ("status_shown", "value", "samples", "by", "reason", "happened")

    status_shown = cell("became", status)
    happened = display.moment("at", "at")


@admin.register(Alert)
class AlertAdmin(RowsAdmin[Alert]):
    """Incidents."""

    verbs = (ACKNOWLEDGE, SILENCE_ALERT, RESOLVE)
    inlines = (TransitionInline,)
    ordering = ("-started_at",)
    sortable_by = ("began",)
    list_display = ("told", "status_shown", "severity_shown", "rule_shown", "acknowledged_by", "began")
    list_filter = ("status", "severity")
    list_select_related = ("rule",)
    search_fields = ("message", "rule__name", "group")
    search_help_text = "Message, rule or group"
    fieldsets = (
        (None, {"fields": (("status_shown", "severity_shown"), ("rule_shown", "group"), "message",
                           ("value", "worst_value"), "labels_shown")}),
        ("Who looks after it", {"fields": (("acknowledged_by", "acknowledged"), "note")}),
        ("Times (UTC)", {"fields": (("started", "fired"), ("bad", "resolved"), "announced")}),
    )  # fmt: skip

    told = cell("alert", lambda row: row.message or row.rule.name)
    status_shown = cell("status", status, ordering="status")
    severity_shown = cell("severity", severity, ordering="severity")
    rule_shown = cell("rule", rule_link)
    labels_shown = display.value("labels", "labels")
    began = display.age("began", "started_at", ordering="started_at")
    acknowledged = display.moment("acknowledged", "acknowledged_at")
    started = display.moment("first sign", "started_at")
    fired = display.moment("fired", "fired_at")
    bad = display.moment("last not well", "bad_at")
    resolved = display.moment("over", "resolved_at")
    announced = display.moment("people told", "announced_at")

    def row_tools(self, request: HttpRequest, row: Alert) -> list[dict[str, Any]]:
        page = tool("Open its page", reverse("alert", args=[row.pk]), "open_in_new")
        return [page, *super().row_tools(request, row)]


@admin.register(AlertTransition)
class AlertTransitionAdmin(RowsAdmin[AlertTransition]):
    """Every move of every alert."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("alert_shown", "status_shown", "value", "samples", "by", "happened")
    list_filter = ("status",)
    list_select_related = ("alert__rule",)
    search_fields = ("by", "reason")
    fieldsets = (
        (None, {"fields": (("alert_shown", "status_shown"), ("value", "samples"), ("by", "moment"), "reason")}),
    )

    alert_shown = cell("alert", lambda row: display.change_link(Alert, row.alert_id, row.alert.rule.name))
    status_shown = cell("became", status)
    happened = display.age("when", "at")
    moment = display.moment("at", "at")


def _silence_state(row: Silence) -> SafeString:
    now = timezone.now()  # the database's would be a query for each row
    if row.ends_at <= now:
        return display.state("completed", "Over")
    return display.state("paused", "Holds") if row.starts_at <= now else display.state("pending", "To come")


@admin.register(Silence)
class SilenceAdmin(RowsAdmin[Silence]):
    """When nobody is told."""

    verbs = (END_SILENCE,)
    ordering = ("-ends_at",)
    sortable_by = ()
    list_display = ("reason", "state", "rule_shown", "pipeline", "group", "created_by", "until")
    list_select_related = ("rule",)
    search_fields = ("reason", "rule__name", "created_by")
    fieldsets = (
        (None, {"fields": (("reason", "state"), ("rule_shown", "pipeline"), ("group", "created_by"))}),
        ("Times (UTC)", {"fields": (("starts", "until"), "made")}),
    )

    state = cell("state", _silence_state)
    rule_shown = cell("rule", rule_link)
    starts = display.moment("from", "starts_at")
    until = display.moment("until", "ends_at")
    made = display.moment("made", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Silence]:
        rows: QuerySet[Silence] = super().get_queryset(request).select_related("rule")
        return rows
