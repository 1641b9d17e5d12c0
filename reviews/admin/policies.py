"""Escalation policies. Versions never change; a new one is written on the product's pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from reviews.escalation.timeline import say
from reviews.models import EscalationPolicy, EscalationPolicyVersion, EscalationStep
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline


class VersionInline(RowsInline[EscalationPolicyVersion, EscalationPolicy]):
    model = EscalationPolicyVersion
    verbose_name_plural = "versions"
    ordering = ("-number",)
    fields = readonly_fields = ("version", "due_seconds", "time_zone", "may_approve", "created_by", "created_at")

    version = cell("version", lambda row: display.change_link(EscalationPolicyVersion, row.pk, row.number))


class StepInline(RowsInline[EscalationStep, EscalationPolicyVersion]):
    model = EscalationStep
    verbose_name_plural = "steps"
    ordering = ("position",)
    fields = readonly_fields = ("position", "after_seconds", "after_share", "condition", "action", "decision", "told")

    told = cell("what it does", say)


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(RowsAdmin[EscalationPolicy]):
    """What happens when nobody acts."""

    inlines = (VersionInline,)
    list_display = ("id", "name", "is_active", "page")
    list_filter = ("is_active",)
    search_fields = ("id", "name")
    fields = ("id", "name", "is_active")

    page = cell("page", lambda row: display.link(reverse("review-policy", args=[row.pk]), "open"))

    def row_tools(self, request: HttpRequest, row: EscalationPolicy) -> list[dict[str, Any]]:
        edit = tool("Edit on its page", reverse("review-policy-edit", args=[row.pk]), "open_in_new")
        return [edit, *super().row_tools(request, row)]


@admin.register(EscalationPolicyVersion)
class EscalationPolicyVersionAdmin(RowsAdmin[EscalationPolicyVersion]):
    """What a policy said."""

    inlines = (StepInline,)
    ordering = ("policy", "-number")
    sortable_by = ()
    list_display = ("label", "due_seconds", "time_zone", "may_approve", "created_by", "created_at")
    list_filter = ("policy",)
    fields = (
        *("label", "due_seconds", "time_zone", "hours_shown", "holidays_shown", "may_approve"),
        *("created_by", "created_at", "digest"),
    )

    hours_shown = display.value("hours", "business_hours")
    holidays_shown = display.value("holidays", "holidays")


@admin.register(EscalationStep)
class EscalationStepAdmin(RowsAdmin[EscalationStep]):
    """Single steps of all versions."""

    list_display = ("of_version", "position", "told")
    list_filter = ("action",)
    list_select_related = ("version",)
    ordering = ("-version", "position")
    sortable_by = ()
    fields = ("of_version", "position", "after_seconds", "after_share", "condition", "action", "decision", "told")

    of_version = cell("version", lambda row: row.version.label)
    told = cell("what it does", say)
