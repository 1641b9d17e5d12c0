"""What lists can be narrowed down by."""

import django_filters as filters
from django.core.validators import RegexValidator
from django.db.models import QuerySet

from common.rest.filters import LARGEST_ID, LARGEST_NUMBER, TimeFilter, described, number_filter, text_filter
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, RegisteredPipeline, TaskRun
from orchestration.selectors.listing import having_label
from orchestration.states import ExecutionStatus, TaskRunStatus

LABEL_PATTERN = "^[^:]+:"


def _choices(words: type[ExecutionStatus] | type[TaskRunStatus]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class PipelineFilter(filters.FilterSet):
    search = text_filter("id", "part of the id", lookup_expr="icontains")

    class Meta:
        model = RegisteredPipeline
        fields: list[str] = []


class VersionFilter(filters.FilterSet):
    label = text_filter("label", "the definition's own `version`")
    digest = text_filter("digest", "SHA-256 of the canonical definition, in hex")

    class Meta:
        model = PipelineVersion
        fields: list[str] = []


class ExecutionFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=_choices(ExecutionStatus), help_text="one or more, repeated")
    pipeline = text_filter("pipeline_id", "a pipeline's id")
    version = number_filter("version__number", 1, LARGEST_NUMBER, "a version's number")
    label = described(
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
    type = text_filter("task_type", "a task type")

    class Meta:
        model = TaskRun
        fields: list[str] = []


class EventFilter(filters.FilterSet):
    after = number_filter("id", 0, LARGEST_ID, "events after the one with this id", lookup_expr="gt")
    kind = text_filter("kind", "such as `task.completed`")
    task = text_filter("task_name", "a task's name")

    class Meta:
        model = ExecutionEvent
        fields: list[str] = []
