"""What lists can be narrowed down by."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from common.clock import database_now
from common.rest.filters import LARGEST_ID, TimeFilter, described, number_filter, text_filter
from monitoring.models import Alert, AlertRule, Silence
from monitoring.states import AlertSeverity, AlertStatus


def _truth(**options: Any) -> Any:
    """`true` or `false`: django-filter's own takes other words too, and lets null through."""
    words = [("true", "true"), ("false", "false")]
    found = filters.TypedChoiceFilter(choices=words, coerce=lambda word: word == "true", **options)
    return described(found, type="boolean")


class RuleFilter(filters.FilterSet):
    search = text_filter("name", "part of the name", lookup_expr="icontains")
    pipeline = text_filter("pipeline_id", "a pipeline's id")
    metric = text_filter("metric_name", "a metric's name")
    enabled = _truth(field_name="enabled", help_text="whether it is evaluated")

    class Meta:
        model = AlertRule
        fields: list[str] = []


class AlertFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(
        choices=[(word.value, word.value) for word in AlertStatus], help_text="one or more, repeated"
    )
    severity = filters.MultipleChoiceFilter(
        choices=[(word.value, word.value) for word in AlertSeverity], help_text="one or more, repeated"
    )
    rule = number_filter("rule_id", 0, LARGEST_ID, "a rule's number")
    started_after = TimeFilter(field_name="started_at", lookup_expr="gte", help_text="at this time or later")
    started_before = TimeFilter(field_name="started_at", lookup_expr="lt", help_text="before this time")

    class Meta:
        model = Alert
        fields: list[str] = []


class SilenceFilter(filters.FilterSet):
    current = _truth(method="filter_current", help_text="whether it holds now or is to come")

    class Meta:
        model = Silence
        fields: list[str] = []

    def filter_current(self, rows: QuerySet[Silence], name: str, value: bool) -> QuerySet[Silence]:
        now = database_now()
        return rows.filter(ends_at__gt=now) if value else rows.filter(ends_at__lte=now)
