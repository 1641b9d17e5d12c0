"""What lists of reviews can be narrowed down by."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from common.rest.filters import TimeFilter, described, text_filter
from reviews import clock
from reviews.models import ReviewRequest
from reviews.skills import key_part
from reviews.states import Priority, ReviewStatus, Risk


def true_or_false(help_text: str, **options: Any) -> Any:
    """A filter that is `true` or `false`, and nothing else."""
    found = filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")],
        coerce=lambda text: text == "true",
        help_text=help_text,
        **options,
    )
    return described(found, type="boolean")


class ReviewFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(
        choices=[(one.value, one.value) for one in ReviewStatus], help_text="one or more, repeated"
    )
    priority = filters.MultipleChoiceFilter(
        choices=[(one.value, one.value) for one in Priority], help_text="one or more, repeated"
    )
    risk = filters.ChoiceFilter(choices=[(one.value, one.value) for one in Risk])
    assignee = text_filter("assignee_id", "a reviewer's id")
    task_name = text_filter("task_name", "a task's name")
    task_type = text_filter("task_type", "a task type")
    subject_kind = text_filter("subject_kind", "such as task_run")
    subject_id = text_filter("subject_id", "what it is about")
    reason = described(
        filters.CharFilter(method="filter_reason", strip=False, help_text="a reason's code"),
        type="string",
        minLength=1,
    )
    specialization = described(
        filters.CharFilter(method="filter_specialization", strip=False, help_text="one that it asks for"),
        type="string",
        minLength=1,
    )
    open = true_or_false("whether it still waits for a decision", method="filter_open")
    overdue = true_or_false("open, and past its due time", method="filter_overdue")
    escalated = true_or_false("whether it was handed up", field_name="is_escalated")
    created_after = TimeFilter(field_name="created_at", lookup_expr="gte", help_text="at this time or later")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt", help_text="before this time")

    class Meta:
        model = ReviewRequest
        fields: list[str] = []

    def filter_reason(self, rows: QuerySet[ReviewRequest], name: str, value: str) -> QuerySet[ReviewRequest]:
        return rows.filter(reason_codes__contains=f"|{value}|")

    def filter_specialization(self, rows: QuerySet[ReviewRequest], name: str, value: str) -> QuerySet[ReviewRequest]:
        return rows.filter(requirements_key__contains=key_part(value))

    def filter_open(self, rows: QuerySet[ReviewRequest], name: str, value: bool) -> QuerySet[ReviewRequest]:
        return rows.filter(closed_at__isnull=value)

    def filter_overdue(self, rows: QuerySet[ReviewRequest], name: str, value: bool) -> QuerySet[ReviewRequest]:
        late = {"closed_at": None, "due_at__lt": clock.now()}
        return rows.filter(**late) if value else rows.exclude(**late)
