"""What lists can be narrowed down by."""

from datetime import UTC, datetime
from typing import Any

import django_filters as filters
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from orchestration.models import Execution, ExecutionEvent, PipelineVersion, RegisteredPipeline, TaskRun
from orchestration.selectors.listing import having_label
from orchestration.states import ExecutionStatus, TaskRunStatus

LARGEST_NUMBER = 2**31 - 1
LARGEST_ID = 2**63 - 1
LABEL_PATTERN = "^[^:]+:"
# What every database and every time zone can hold.
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)


class TimeFilter(filters.IsoDateTimeFilter):
    """Any time that can be written, in UTC: PostgreSQL takes no offset of 16 hours, and no row is near the ends."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        return super().filter(qs, value and min(max(value, EARLIEST), LATEST).astimezone(UTC))


def _described(filter_: Any, **schema: Any) -> Any:
    """A filter with the limits that the OpenAPI document would not find out."""
    return extend_schema_field(schema)(filter_)


def _text(field_name: str, help_text: str, lookup_expr: str = "exact") -> Any:
    found = filters.CharFilter(field_name=field_name, lookup_expr=lookup_expr, strip=False, help_text=help_text)
    return _described(found, type="string", minLength=1)


def _number(field_name: str, least: int, largest: int, help_text: str, lookup_expr: str = "exact") -> Any:
    found = filters.NumberFilter(
        field_name=field_name,
        lookup_expr=lookup_expr,
        decimal_places=0,
        min_value=least,
        max_value=largest,
        help_text=help_text,
    )
    return _described(found, type="integer", minimum=least, maximum=largest)


def _choices(words: type[ExecutionStatus] | type[TaskRunStatus]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class PipelineFilter(filters.FilterSet):
    search = _text("id", "part of the id", lookup_expr="icontains")

    class Meta:
        model = RegisteredPipeline
        fields: list[str] = []


class VersionFilter(filters.FilterSet):
    label = _text("label", "the definition's own `version`")
    digest = _text("digest", "SHA-256 of the canonical definition, in hex")

    class Meta:
        model = PipelineVersion
        fields: list[str] = []


class ExecutionFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=_choices(ExecutionStatus), help_text="one or more, repeated")
    pipeline = _text("pipeline_id", "a pipeline's id")
    version = _number("version__number", 1, LARGEST_NUMBER, "a version's number")
    label = _described(
        filters.CharFilter(
            method="filter_label",
            strip=False,
            validators=[RegexValidator(LABEL_PATTERN, "write key:value")],
            help_text="`key:value`",
        ),
        type="string",
        pattern=LABEL_PATTERN,
    )
    created_after = TimeFilter(
        field_name="created_at",
        lookup_expr="gte",
        help_text="at this time or later, such as 2026-01-31T12:00:00Z",
    )
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt", help_text="before this time")

    class Meta:
        model = Execution
        fields: list[str] = []

    def filter_label(self, queryset: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        key, _, text = value.partition(":")
        return having_label(queryset, key, text)


class TaskRunFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=_choices(TaskRunStatus), help_text="one or more, repeated")
    type = _text("task_type", "a task type")

    class Meta:
        model = TaskRun
        fields: list[str] = []


class EventFilter(filters.FilterSet):
    after = _number("id", 0, LARGEST_ID, "events after the one with this id", lookup_expr="gt")
    kind = _text("kind", "such as `task.completed`")
    task = _text("task_name", "a task's name")

    class Meta:
        model = ExecutionEvent
        fields: list[str] = []
