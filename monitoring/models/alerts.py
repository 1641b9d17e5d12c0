"""Alert rules, the incidents they raise, and what happened to each.

Written by `monitoring.services` alone. What a rule means is decided in `monitoring.evaluation`.
"""

from collections.abc import Mapping

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from monitoring.states import AlertSeverity, AlertStatus, GroupBy, NoData, Operator, choices
from orchestration.models import RegisteredPipeline

MOST_SECONDS = 30 * 24 * 3600


def default_channels() -> list[str]:
    return ["log"]


def _duration(default: int, help_text: str, least: int = 0) -> "models.PositiveIntegerField[int, int]":
    limits = [MinValueValidator(least), MaxValueValidator(MOST_SECONDS)]
    return models.PositiveIntegerField(default=default, validators=limits, help_text=help_text)


class AlertRule(models.Model):
    """When to raise an alert: `metric_name operator threshold`, measured over a window.

    `AlertRule(name=, metric_name=, operator=, threshold=, severity=, message_template=)`, unsaved, is what
    `orchestrator.monitor.add_alert_rule` takes. Durations are in seconds.
    """

    name = models.CharField(max_length=200)
    pipeline = models.ForeignKey(
        RegisteredPipeline, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    task = models.CharField(max_length=100, blank=True, help_text="only this task")
    model = models.CharField(max_length=300, blank=True, help_text="only this model")
    group_by = models.CharField(max_length=20, choices=choices(GroupBy), default=GroupBy.NOTHING, blank=True)

    metric_name = models.CharField(max_length=60)
    operator = models.CharField(max_length=2, choices=choices(Operator), default=Operator.ABOVE)
    threshold = models.FloatField()
    resolve_threshold = models.FloatField(null=True, blank=True, help_text="back on the good side of this, it is over")
    window_seconds = _duration(300, "how far back the metric is measured", least=60)
    for_seconds = _duration(0, "how long it must be so before it fires")
    keep_firing_seconds = _duration(0, "how long it must be well again before it is over")
    cooldown_seconds = _duration(300, "no further message about the same thing for so long")
    minimum_samples = models.PositiveIntegerField(default=0, help_text="fewer measured events count as no data")
    no_data = models.CharField(max_length=10, choices=choices(NoData), default=NoData.OK)

    severity = models.CharField(max_length=10, choices=choices(AlertSeverity), default=AlertSeverity.WARNING)
    message_template = models.CharField(
        max_length=500,
        default="{metric}: {current_value} {operator} {threshold}",
        help_text="see docs/monitoring.md",
    )
    channels = models.JSONField(default=default_channels, blank=True, help_text="names of channels that are told")
    runbook = models.CharField(max_length=2000, blank=True, help_text="what to do, or where it is written")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    evaluated_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False, help_text="why it cannot be evaluated")

    class Meta:
        ordering = ["name"]
        constraints = [
            # By scope and name: how add_alert_rule finds the rule it was given before.
            models.UniqueConstraint(fields=["pipeline", "name"], name="one_rule_per_pipeline_and_name"),
            models.UniqueConstraint(fields=["name"], name="one_rule_per_name", condition=Q(pipeline=None)),
            models.CheckConstraint(condition=Q(operator__in=list(Operator)), name="rule_operator_known"),
            models.CheckConstraint(condition=Q(severity__in=list(AlertSeverity)), name="rule_severity_known"),
            models.CheckConstraint(condition=Q(no_data__in=list(NoData)), name="rule_no_data_known"),
            models.CheckConstraint(condition=Q(group_by__in=list(GroupBy)), name="rule_group_by_known"),
            models.CheckConstraint(
                condition=Q(window_seconds__gte=60, window_seconds__lte=MOST_SECONDS), name="rule_window_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pipeline_id})" if self.pipeline_id else self.name

    @property
    def scope(self) -> Mapping[str, str]:
        """The labels it is limited to."""
        named = {"pipeline": self.pipeline_id or "", "task": self.task, "model": self.model}
        return {label: value for label, value in named.items() if value}


class Alert(models.Model):
    """One incident: a rule that did not hold for one group, from the first sign to the end."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    group = models.CharField(max_length=900, blank=True, help_text="the group's labels in canonical form")
    labels = models.JSONField(default=dict, help_text="pipeline, task, model, detail, as far as they are one")
    status = models.CharField(max_length=20, choices=choices(AlertStatus))
    severity = models.CharField(max_length=10, choices=choices(AlertSeverity))
    message = models.CharField(max_length=2000, blank=True)
    value = models.FloatField(null=True, help_text="the latest; null without data")
    worst_value = models.FloatField(null=True)
    started_at = models.DateTimeField(help_text="first sign")
    fired_at = models.DateTimeField(null=True)
    bad_at = models.DateTimeField(help_text="when it was last not well")
    resolved_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True, help_text="when its message was written; null while none was")
    acknowledged_by = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True, help_text="what the person who acknowledged it said")

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            # Also how the evaluation finds what is open.
            models.UniqueConstraint(
                fields=["rule", "group"], name="one_open_alert_per_group", condition=~Q(status="resolved")
            ),
            models.CheckConstraint(
                condition=Q(status="resolved", resolved_at__isnull=False) | ~Q(status="resolved") & Q(resolved_at=None),
                name="alert_resolved_at_a_time",
            ),
            models.CheckConstraint(condition=Q(status__in=list(AlertStatus)), name="alert_status_known"),
        ]
        indexes = [
            # The list of alerts, newest first; pruning.
            models.Index(fields=["-started_at"], name="alert_newest"),
            # Cooldown: the last message about the same thing.
            models.Index(
                fields=["rule", "announced_at"], name="alert_announced", condition=Q(announced_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.group}: {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status != AlertStatus.RESOLVED


class AlertTransition(models.Model):
    """A move of an alert, with the value that made it."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="transitions")
    status = models.CharField(max_length=20, choices=choices(AlertStatus))
    value = models.FloatField(null=True)
    samples = models.PositiveBigIntegerField(default=0, help_text="how many events the value is made of")
    by = models.CharField(max_length=150, blank=True, help_text="a login's name; empty: the evaluation")
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert_id} → {self.status}"


class Silence(models.Model):
    """No messages from `starts_at` to `ends_at` about what it names; an empty field names everything."""

    rule = models.ForeignKey(AlertRule, null=True, blank=True, on_delete=models.CASCADE, related_name="silences")
    pipeline = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=900, blank=True, help_text="one group of the rule")
    reason = models.CharField(max_length=500)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-ends_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="silence_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(reason=""), name="silence_has_a_reason"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="silence_ends")]  # what holds now

    def __str__(self) -> str:
        return f"{self.reason} (until {self.ends_at:%Y-%m-%d %H:%M})"
