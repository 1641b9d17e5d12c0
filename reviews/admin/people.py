"""Reviewers, what they know, and when they are away. Editing is the product's pages'."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from reviews.admin.verbs import ACTIVATE, DEACTIVATE, TAKE_BACK
from reviews.models import Absence, ReviewerProfile, ReviewerSpecialization
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline


def _state(row: ReviewerProfile) -> Any:
    if not row.is_active:
        return display.state("cancelled", "Not active")
    is_available = row.availability == "available"
    return display.state("ok" if is_available else "paused", row.availability.capitalize())


class SpecializationInline(RowsInline[ReviewerSpecialization, ReviewerProfile]):
    model = ReviewerSpecialization
    verbose_name_plural = "specializations"
    fields = readonly_fields = ("name", "level")


class AbsenceInline(RowsInline[Absence, ReviewerProfile]):
    model = Absence
    fk_name = "reviewer"
    verbose_name_plural = "absences"
    ordering = ("-starts_at",)
    fields = readonly_fields = ("starts_at", "ends_at", "substitute_id", "reason", "handed_over_at")


@admin.register(ReviewerProfile)
class ReviewerProfileAdmin(RowsAdmin[ReviewerProfile]):
    """People (and programs) who review."""

    verbs = (DEACTIVATE, ACTIVATE)
    inlines = (SpecializationInline, AbsenceInline)
    list_display = ("named", "state", "is_lead", "max_concurrent_reviews", "login", "page")
    list_filter = ("is_active", "is_lead", "availability", "is_scripted")
    list_select_related = ("user",)
    search_fields = ("id", "name", "email")
    sortable_by = ()
    fields = (
        *("named", "state", "email", "login", "is_lead", "is_scripted", "max_concurrent_reviews", "clearance"),
        *("languages", "time_zone", "hours_shown", "away_until", "created_at"),
    )

    named = cell("reviewer", lambda row: display.two_lines(row.name, row.pk))
    state = cell("state", _state)
    login = cell("login", lambda row: row.user or display.NONE)
    page = cell("page", lambda row: display.link(reverse("reviewer", args=[row.pk]), "open"))
    hours_shown = display.value("working hours", "working_hours")

    def row_tools(self, request: HttpRequest, row: ReviewerProfile) -> list[dict[str, Any]]:
        edit = tool("Edit on its page", reverse("reviewer-edit", args=[row.pk]), "open_in_new")
        return [edit, *super().row_tools(request, row)]


@admin.register(ReviewerSpecialization)
class ReviewerSpecializationAdmin(RowsAdmin[ReviewerSpecialization]):
    """Who knows what."""

    ordering = ("name", "-level")
    sortable_by = ()
    list_display = ("name", "level", "whose")
    list_filter = ("name",)
    fields = ("name", "level", "whose")

    whose = cell("reviewer", lambda row: display.change_link(ReviewerProfile, row.reviewer_id, row.reviewer_id))


@admin.register(Absence)
class AbsenceAdmin(RowsAdmin[Absence]):
    """Who is away when."""

    verbs = (TAKE_BACK,)
    ordering = ("-starts_at",)
    sortable_by = ()
    list_display = ("whose", "starts_at", "ends_at", "substitute_id", "reason", "handed_over_at")
    fields = ("whose", "starts_at", "ends_at", "substitute_id", "reason", "handed_over_at")

    whose = cell("reviewer", lambda row: display.change_link(ReviewerProfile, row.reviewer_id, row.reviewer_id))
