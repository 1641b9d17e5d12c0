"""The shapes of bodies: `…Request` for what comes in, the others for what goes out. Durations are in seconds.

What comes in is checked for its shape only; what a rule may say is the services' to decide.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.rest.fields import Object, Output, StrictSerializer, Text, Truth, Whole
from monitoring.api.parameters import Moment
from monitoring.models import Alert, AlertRule, AlertTransition, Silence
from monitoring.models.alerts import MOST_SECONDS
from monitoring.selectors.behind import executions_behind
from monitoring.states import AlertSeverity, AlertStatus, GroupBy, NoData, Operator
from orchestration.api.serializers import EXECUTION_STATUSES

# Named in SPECTACULAR_SETTINGS, so that the OpenAPI document has names for them.
ALERT_STATUSES = [word.value for word in AlertStatus]
SEVERITIES = [word.value for word in AlertSeverity]
OPERATORS = [word.value for word in Operator]
GROUPINGS = [word.value for word in GroupBy]
NO_DATA = [word.value for word in NoData]
WORST_SHOWN = 10
LARGEST = 2**31 - 1

RULE_COLUMNS = (
    "id", "name", "task", "model", "group_by", "metric_name", "operator", "threshold", "resolve_threshold",
    "window_seconds", "for_seconds", "keep_firing_seconds", "cooldown_seconds", "minimum_samples", "no_data",
    "severity", "message_template", "channels", "runbook", "enabled", "created_at", "updated_at", "evaluated_at",
    "last_error",
)  # fmt: skip


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class LabelsShown(Object):
    """Label → value."""


class Number(serializers.FloatField):
    """A JSON number; a text or a truth value is none, nor is what a float cannot hold."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, str | bool):
            self.fail("invalid")
        try:
            return super().to_internal_value(data)
        except OverflowError:
            self.fail("invalid")


def _seconds(least: int = 0) -> Whole:
    return Whole(min_value=least, max_value=MOST_SECONDS, required=False)


# In -------------------------------------------------------------------------------------------------------------------


class RuleChange(StrictSerializer):
    """What is not said stays as it is."""

    name = Text(required=False, min_length=1, max_length=200)
    pipeline = Text(required=False, allow_null=True, min_length=1, max_length=200, help_text="null: every pipeline")
    task = Text(required=False, allow_blank=True, max_length=100, help_text="only this task")
    model = Text(required=False, allow_blank=True, max_length=300, help_text="only this model")
    group_by = serializers.ChoiceField(choices=GROUPINGS, required=False, help_text="what is watched separately")
    metric_name = Text(required=False, min_length=1, max_length=60, help_text="`/metrics` lists them")
    operator = serializers.ChoiceField(choices=OPERATORS, required=False)
    threshold = Number(required=False)
    resolve_threshold = Number(required=False, allow_null=True)
    window_seconds = _seconds(60)
    for_seconds = _seconds()
    keep_firing_seconds = _seconds()
    cooldown_seconds = _seconds()
    minimum_samples = Whole(min_value=0, max_value=LARGEST, required=False)
    no_data = serializers.ChoiceField(choices=NO_DATA, required=False)
    severity = serializers.ChoiceField(choices=SEVERITIES, required=False)
    message_template = Text(required=False, min_length=1, max_length=500)
    channels = serializers.ListField(child=Text(min_length=1, max_length=100), required=False, max_length=50)
    runbook = Text(required=False, allow_blank=True, max_length=2000)
    enabled = Truth(required=False)


class RuleRequest(RuleChange):
    """A whole rule."""

    name = Text(min_length=1, max_length=200)
    metric_name = Text(min_length=1, max_length=60, help_text="`/metrics` lists them")
    threshold = Number()


class PeriodRequest(StrictSerializer):
    start = Moment(required=False, help_text="default: a day before the end")
    end = Moment(required=False, help_text="default: now")


class BacktestRequest(PeriodRequest):
    rule = RuleRequest()


class NoteRequest(StrictSerializer):
    note = Text(required=False, allow_blank=True, max_length=500, help_text="kept in the alert's history")


class SilenceAlertRequest(StrictSerializer):
    reason = Text(min_length=1, max_length=500)
    ends_at = Moment()


class SilenceRequest(SilenceAlertRequest):
    """About a rule, a pipeline, or both."""

    starts_at = Moment(required=False, help_text="default: now")
    rule = Whole(required=False, min_value=0, max_value=2**63 - 1, help_text="a rule's number")
    pipeline = Text(required=False, min_length=1, max_length=200)


# Out ------------------------------------------------------------------------------------------------------------------


class Rule(serializers.ModelSerializer[AlertRule]):
    pipeline = serializers.CharField(source="pipeline_id", allow_null=True)
    channels = serializers.ListField(child=serializers.CharField())
    operator = serializers.ChoiceField(choices=OPERATORS)
    severity = serializers.ChoiceField(choices=SEVERITIES)
    no_data = serializers.ChoiceField(choices=NO_DATA)
    group_by = serializers.ChoiceField(choices=GROUPINGS)

    class Meta:
        model = AlertRule
        fields = (*RULE_COLUMNS[:2], "pipeline", *RULE_COLUMNS[2:])
        read_only_fields = fields


class AlertSummary(serializers.ModelSerializer[Alert]):
    rule = serializers.IntegerField(source="rule_id")
    rule_name = serializers.CharField(source="rule.name")
    labels = LabelsShown()
    status = serializers.ChoiceField(choices=ALERT_STATUSES)
    severity = serializers.ChoiceField(choices=SEVERITIES)

    class Meta:
        model = Alert
        fields = (
            "id", "rule", "rule_name", "status", "severity", "message", "labels", "value", "worst_value",
            "started_at", "fired_at", "resolved_at", "acknowledged_by", "acknowledged_at", "note",
        )  # fmt: skip
        read_only_fields = fields


class Transition(serializers.ModelSerializer[AlertTransition]):
    status = serializers.ChoiceField(choices=ALERT_STATUSES)

    class Meta:
        model = AlertTransition
        fields = ("status", "value", "samples", "by", "reason", "at")
        read_only_fields = fields


class TouchedAlert(Output):
    alert = AlertSummary()
    made_worse = serializers.BooleanField(source="is_bad", help_text="false: it was counted, and nothing was wrong")


class ExecutionBehind(Output):
    id = serializers.UUIDField(source="execution.pk")
    pipeline = serializers.CharField(source="execution.pipeline_id")
    title = serializers.CharField(source="execution.title", allow_blank=True)
    status = serializers.ChoiceField(source="execution.status", choices=EXECUTION_STATUSES)
    made_worse = serializers.BooleanField(source="is_bad")
    value = serializers.FloatField(allow_null=True, help_text="in `unit`, where the largest are the worst")
    task = serializers.CharField(allow_blank=True, help_text="that it was counted with; empty: the whole execution")
    code = serializers.CharField(allow_blank=True, help_text="of that task's error")


class ExecutionsBehind(Output):
    start = serializers.DateTimeField(help_text="the beginning of the window in which it was first seen")
    end = serializers.DateTimeField(help_text="when it was last not well")
    number = serializers.IntegerField(help_text="executions that the metric counted; `/executions` lists them")
    made_worse = serializers.IntegerField(source="bad", help_text="how many of them, such as those that failed")
    is_cut = serializers.BooleanField(help_text="true: only the last events were looked at")
    unit = serializers.CharField(allow_blank=True, help_text="seconds, tokens or USD; else empty")
    worst = ExecutionBehind(many=True, help_text="at most 10")


class AlertDetail(AlertSummary):
    transitions = serializers.SerializerMethodField(help_text="the last 200 moves, newest first")
    executions = serializers.SerializerMethodField(
        help_text="behind it; null when you may not see executions, or its metric is not about any"
    )

    class Meta:
        model = Alert
        fields = (*AlertSummary.Meta.fields, "transitions", "executions")
        read_only_fields = fields

    @extend_schema_field(ExecutionsBehind(allow_null=True))
    def get_executions(self, alert: Alert) -> Any:
        if not self.context["request"].user.has_perm("orchestration.view_execution"):
            return None
        found = executions_behind(alert, WORST_SHOWN)
        return None if found is None else ExecutionsBehind(found).data

    @extend_schema_field(Transition(many=True))
    def get_transitions(self, alert: Alert) -> Any:
        return Transition(alert.transitions.order_by("-pk")[:200], many=True).data


class SilenceShown(serializers.ModelSerializer[Silence]):
    rule = serializers.IntegerField(source="rule_id", allow_null=True)

    class Meta:
        model = Silence
        fields = ("id", "rule", "pipeline", "group", "reason", "starts_at", "ends_at", "created_by", "created_at")
        read_only_fields = fields


class MetricDescription(Output):
    name = serializers.CharField()
    unit = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField(), help_text="what it can be limited to and grouped by")
    help = serializers.CharField()


class MetricCatalogue(Output):
    metrics = MetricDescription(many=True)


class MetricPoint(Output):
    at = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)
    samples = serializers.IntegerField()


class MetricSeries(Output):
    labels = LabelsShown(help_text="those it was grouped by")
    value = serializers.FloatField(allow_null=True, help_text="over the whole time; null where nothing was measured")
    samples = serializers.IntegerField(help_text="how many events it is made of")
    points = MetricPoint(many=True, help_text="empty without `step`")


class MetricAnswer(Output):
    metric = serializers.CharField()
    unit = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    complete_until = serializers.DateTimeField(allow_null=True, help_text="later figures may still grow")
    series = MetricSeries(many=True, help_text="at most 200, those with most events first")
    left_off = serializers.IntegerField(help_text="how many series more there are")


class Percentiles(Output):
    of = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    count = serializers.IntegerField()
    min = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    p50 = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)


class BacktestIncident(Output):
    labels = LabelsShown()
    started_at = serializers.DateTimeField()
    fired_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="null: it still would at the end")
    worst_value = serializers.FloatField(allow_null=True)
    announced = serializers.BooleanField(source="was_announced", help_text="false: within the cooldown")


class BacktestAnswer(Output):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    messages = serializers.IntegerField(help_text="to each channel")
    firing_seconds = serializers.FloatField()
    value_percentiles = serializers.DictField(child=serializers.FloatField())
    incident_count = serializers.IntegerField()
    incidents = BacktestIncident(many=True, help_text="the last 500")


class HealthCheck(Output):
    section = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["ok", "note", "warning", "problem"])
    said = serializers.CharField()
    hint = serializers.CharField(allow_null=True)


class SystemHealth(Output):
    status = serializers.ChoiceField(choices=["ok", "degraded", "failing"])
    overall_success_rate = serializers.FloatField(help_text="of the executions judged in the last 24 hours; 1 if none")
    checks = HealthCheck(many=True)
    areas = serializers.DictField(child=Object(), help_text="uptime, pipelines, models, workers and so on")
