"""Reviews: the list, one review with its assignments and decisions, and what an operator may do with it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from reviews.admin.verbs import ASSIGN, CLOSE, ERASE, REASSIGN, RELEASE, UNDO
from reviews.models import (
    InformationRequest,
    ReviewAssignment,
    ReviewDecision,
    ReviewEvent,
    ReviewExclusion,
    ReviewRequest,
)
from reviews.models.requests import LARGE
from reviews.states import ReviewStatus
from reviews.values import loaded
from reviews.views.words import STATES, state_words, title_of
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline


def review_link(row: Any) -> Any:
    """To the review of a row that has one."""
    return display.change_link(ReviewRequest, row.review_id, str(row.review_id)[-8:])


class AssignmentInline(RowsInline[ReviewAssignment, ReviewRequest]):
    model = ReviewAssignment
    verbose_name_plural = "assignments"
    ordering = ("-assigned_at",)
    heavy = ("explanation",)
    fields = readonly_fields = ("whose", "by", "assigned_by", "since", "until", "end", "note")

    whose = cell("reviewer", lambda row: row.reviewer_id)
    since = display.moment("since", "assigned_at")
    until = display.moment("until", "ended_at")


class DecisionInline(RowsInline[ReviewDecision, ReviewRequest]):
    model = ReviewDecision
    verbose_name_plural = "decisions"
    ordering = ("-decided_at",)
    heavy = ("output",)
    fields = readonly_fields = ("verdict", "label", "channel", "reason_code", "comment", "when", "effective", "undone")

    when = display.moment("decided", "decided_at")
    effective = display.moment("takes effect", "effective_at")
    undone = display.moment("undone", "undone_at")


class ExclusionInline(RowsInline[ReviewExclusion, ReviewRequest]):
    model = ReviewExclusion
    verbose_name_plural = "who may not have it"
    fields = readonly_fields = ("person", "reason")


class QuestionInline(RowsInline[InformationRequest, ReviewRequest]):
    model = InformationRequest
    verbose_name_plural = "questions"
    fields = readonly_fields = ("question", "asked_by", "asked_at", "answer", "answered_by", "answered_at")


@admin.register(ReviewRequest)
class ReviewRequestAdmin(RowsAdmin[ReviewRequest]):
    """What waits, or waited, for a person."""

    verbs = (ASSIGN, REASSIGN, RELEASE, UNDO, CLOSE, ERASE)
    heavy = LARGE
    inlines = (AssignmentInline, DecisionInline, QuestionInline, ExclusionInline)
    ordering = ("-id",)
    sortable_by = ()
    list_select_related = ("assignee",)
    list_display = ("about", "state", "priority", "risk", "due", "created", "asks_for", "page")
    list_filter = ("status", "priority", "risk", "is_escalated", "assignee")
    search_fields = ("subject_label", "task_name", "subject_id__exact")
    search_help_text = "What it is about, the task, or the subject's id"
    fieldsets = (
        (None, {"fields": (("named", "state"), ("task", "subject"), ("asks_for", "history"))}),
        ("Times (UTC)", {"fields": (("opened", "due_exactly"), ("decided", "effective"), ("closed", "close_reason"))}),
        (
            "Shown to the reviewer",
            {"fields": ("instructions", "reasons_shown", "input_shown", "proposed_shown", "schema_shown")},
        ),
        ("For the engine", {"fields": (("id", "version"), ("token", "lease"), ("requirements_key", "shown_digest"))}),
    )

    about = cell("review", lambda row: display.two_lines(title_of(row), row.pk.hex[-8:]))
    state = cell("state", lambda row: display.state(STATES[ReviewStatus(row.status)], state_words(row).capitalize()))
    due = display.age("due", "due_at")
    created = display.age("opened", "created_at")
    asks_for = cell("asks for", lambda row: display.tags(row.required))
    page = cell("page", lambda row: display.link(reverse("review", args=[row.pk]), "open"))
    named = cell("about", title_of)
    task = cell("task", lambda row: f"{row.task_name} ({row.task_type})")
    subject = cell(
        "subject", lambda row: display.link(row.subject_url, row.subject_id) if row.subject_url else row.subject_id
    )
    history = cell(
        "history",
        lambda row: display.link(display.list_address(ReviewEvent, stream__exact=f"review:{row.pk}"), "All events"),
    )
    opened = display.moment("opened", "created_at")
    due_exactly = display.moment("due", "due_at")
    decided = display.moment("decided", "decided_at")
    effective = display.moment("takes effect", "effective_at")
    closed = display.moment("closed", "closed_at")
    lease = display.moment("claim ends", "lease_expires_at")
    reasons_shown = display.value("reasons", "reasons")
    input_shown = cell("input", lambda row: display.json_block(loaded(row.input)))
    proposed_shown = cell("proposed output", lambda row: display.json_block(loaded(row.proposed_output)))
    schema_shown = cell("output schema", lambda row: display.json_block(loaded(row.output_schema)))

    def name_row(self, row: ReviewRequest) -> str:
        return f"{title_of(row)} ({row.pk.hex[-8:]})"

    def row_tools(self, request: HttpRequest, row: ReviewRequest) -> list[dict[str, Any]]:
        page = tool("Open its page", reverse("review", args=[row.pk]), "open_in_new")
        return [page, *super().row_tools(request, row)]
