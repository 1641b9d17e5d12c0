"""What is on record: assignments, decisions, drafts, questions, the chained history and its checkpoints. Read only."""

from django.contrib import admin

from reviews.admin.requests import review_link
from reviews.models import (
    AuditCheckpoint,
    Draft,
    InformationRequest,
    ReviewAssignment,
    ReviewDecision,
    ReviewEvent,
    ReviewExclusion,
)
from reviews.values import loaded
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell


@admin.register(ReviewAssignment)
class ReviewAssignmentAdmin(RowsAdmin[ReviewAssignment]):
    """Whose a review was, and why."""

    heavy = ("explanation",)
    ordering = ("-id",)
    sortable_by = ()
    list_display = ("of_review", "reviewer_id", "by", "assigned_by", "since", "until", "end")
    list_filter = ("by", "end", "reviewer")
    fields = ("of_review", "reviewer_id", "by", "assigned_by", "since", "until", "end", "note", "why")

    of_review = cell("review", review_link)
    since = display.moment("since", "assigned_at")
    until = display.moment("until", "ended_at")
    why = display.value("explanation", "explanation")


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(RowsAdmin[ReviewDecision]):
    """What was said to reviews."""

    heavy = ("output",)
    ordering = ("-id",)
    sortable_by = ()
    list_display = ("of_review", "verdict", "label", "channel", "reason_code", "when", "undone")
    list_filter = ("verdict", "channel", "reason_code", "reviewer")
    fields = (
        *("of_review", "verdict", "label", "actor", "channel", "reason_code", "comment"),
        *("when", "effective", "undone", "token", "shown_digest", "output_shown"),
    )

    of_review = cell("review", review_link)
    when = display.moment("decided", "decided_at")
    effective = display.moment("takes effect", "effective_at")
    undone = display.moment("undone", "undone_at")
    output_shown = cell("output", lambda row: display.json_block(loaded(row.output)))


@admin.register(ReviewEvent)
class ReviewEventAdmin(RowsAdmin[ReviewEvent]):
    """The chained history; `manage.py verify_audit` verifies it."""

    ordering = ("-id",)
    sortable_by = ()
    list_display = ("what", "stream", "sequence", "kind", "actor_label", "channel", "when")
    list_filter = ("kind", "channel")
    search_fields = ("stream__exact",)
    search_help_text = "A whole stream, such as reviewer:ana"
    fields = (
        *("what", "stream", "sequence", "kind", "actor", "actor_label", "channel", "status", "when"),
        *("payload_shown", "payload_digest", "key_id", "mac"),
    )

    what = cell("what happened", lambda row: row.sentence)
    when = display.moment("when", "at")
    payload_shown = display.value("before, after, details", "payload")


@admin.register(AuditCheckpoint)
class AuditCheckpointAdmin(RowsAdmin[AuditCheckpoint]):
    """How far the streams had come, sealed."""

    heavy = ("heads",)
    ordering = ("-number",)
    sortable_by = ()
    list_display = ("number", "when", "events", "key_id")
    fields = ("number", "when", "events", "key_id", "mac", "heads_shown")

    when = display.moment("when", "at")
    heads_shown = display.value("heads of the streams", "heads")


@admin.register(Draft)
class DraftAdmin(RowsAdmin[Draft]):
    """What people are still writing."""

    heavy = ("output",)
    ordering = ("-id",)
    sortable_by = ()
    list_display = ("of_review", "author", "version", "when")
    search_fields = ("author__exact",)
    fields = ("of_review", "author", "version", "when", "comment", "output_shown")

    of_review = cell("review", review_link)
    when = display.moment("saved", "updated_at")
    output_shown = cell("output", lambda row: display.json_block(loaded(row.output)))


@admin.register(InformationRequest)
class InformationRequestAdmin(RowsAdmin[InformationRequest]):
    """Questions back to those who asked."""

    ordering = ("-id",)
    sortable_by = ()
    list_display = ("question", "of_review", "asked_by", "asked", "answered_by", "answered")
    fields = ("of_review", "question", "asked_by", "asked", "answer", "answered_by", "answered")

    of_review = cell("review", review_link)
    asked = display.moment("asked", "asked_at")
    answered = display.moment("answered", "answered_at")


@admin.register(ReviewExclusion)
class ReviewExclusionAdmin(RowsAdmin[ReviewExclusion]):
    """Who may not have which review."""

    ordering = ("-id",)
    sortable_by = ()
    list_display = ("of_review", "person", "reason")
    list_filter = ("reason",)
    search_fields = ("person__exact",)
    fields = ("of_review", "person", "reason")

    of_review = cell("review", review_link)
