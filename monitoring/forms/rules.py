"""The rule editor's form: every option of a rule in words, checked by the rule itself."""

from collections.abc import Mapping
from typing import Any

from django import forms

from monitoring.exceptions import InvalidRule
from monitoring.forms.lengths import LengthField
from monitoring.forms.offered import with_own
from monitoring.metrics.catalogue import all_metrics, find_metric
from monitoring.models import AlertRule, Channel
from monitoring.selectors.backtest import MOST_DAYS
from monitoring.services.channels import LOG
from monitoring.states import AlertSeverity, GroupBy, NoData, Operator, choices
from orchestration.models import RegisteredPipeline

PLAIN = ("name", "metric_name", "operator", "severity", "group_by", "task", "model", "no_data", "minimum_samples",
         "message_template", "runbook", "enabled", "channels", "threshold", "resolve_threshold", "window_seconds",
         "for_seconds", "keep_firing_seconds", "cooldown_seconds")  # fmt: skip
PERCENT = ("threshold", "resolve_threshold")
BACK = {"24h": 1, "7d": 7, "30d": 30}
assert max(BACK.values()) <= MOST_DAYS  # noqa: S101 - two tables that have to agree


class RuleForm(forms.Form):
    """`rule()` is the rule as the form says it, unsaved. Shares are written in per cent."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    pipeline = forms.ChoiceField(required=False)
    task = forms.CharField(max_length=100, required=False, label="Only this task")
    model = forms.CharField(max_length=300, required=False, label="Only this model")
    group_by = forms.ChoiceField(choices=choices(GroupBy), required=False, label="Separately for")
    metric_name = forms.ChoiceField(label="Metric")
    operator = forms.ChoiceField(choices=choices(Operator), label="Fires when it is")
    threshold = forms.FloatField(label="Threshold")
    resolve_threshold = forms.FloatField(required=False, label="Resolves at", help_text="Empty: at the threshold.")
    window_seconds = LengthField(least=60, label="Measured over")
    for_seconds = LengthField(label="Fires after", help_text="How long the limit must be passed.")
    keep_firing_seconds = LengthField(label="Resolves after", help_text="How long it must be back to normal.")
    cooldown_seconds = LengthField(label="Cooldown", help_text="How long no further message is sent.")
    minimum_samples = forms.IntegerField(
        min_value=0, max_value=10**9, label="Minimum events", help_text="Fewer count as no data."
    )
    no_data = forms.ChoiceField(choices=choices(NoData), label="No data means")
    severity = forms.ChoiceField(choices=choices(AlertSeverity))
    message_template = forms.CharField(
        max_length=500,
        label="Message",
        help_text="Such as <code>{pipeline}: {value} of {samples:d} executions failed</code>",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    channels = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Tell")
    runbook = forms.CharField(
        max_length=2000, required=False, label="What to do", widget=forms.Textarea(attrs={"rows": 3})
    )
    enabled = forms.BooleanField(required=False, label="Evaluate this rule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = with_own(RegisteredPipeline.objects.order_by("pk"), [self.initial.get("pipeline")])
        known = with_own(Channel.objects.order_by("pk"), self.initial.get("channels") or ())
        metrics = [(metric.name, f"{metric.name.replace('_', ' ')} ({metric.unit})") for metric in all_metrics()]
        offered = {
            "pipeline": [("", "every pipeline"), *((name, name) for name in names)],
            "metric_name": metrics,
            "channels": [(name, name) for name in [LOG, *(name for name in known if name != LOG)]],
        }
        for name, found in offered.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]  # fields with choices

    @property
    def pipeline_id(self) -> str | None:
        return self.cleaned_data["pipeline"] or None

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if in_percent(asked.get("metric_name", "")):
            most = 100 * find_metric(asked["metric_name"]).most
            for name in PERCENT:
                if (asked.get(name) or 0) > most:
                    self.add_error(name, f"At most {most:g} %.")
        return asked

    def rule(self) -> AlertRule:
        """Unsaved; its pipeline is set, so that it can be replayed."""
        columns = self.changes()
        return AlertRule(pipeline_id=columns.pop("pipeline"), **columns)

    def changes(self) -> dict[str, Any]:
        """Every option as the rule has it, and the pipeline's id."""
        asked = dict(self.cleaned_data)
        factor = 0.01 if in_percent(asked["metric_name"]) else 1.0
        for name in PERCENT:
            asked[name] = None if asked[name] is None else asked[name] * factor
        return {name: asked[name] for name in PLAIN} | {"pipeline": self.pipeline_id}

    def add_problems(self, error: InvalidRule) -> None:
        """Each beside its field."""
        for name, message in error.problems or (("name", str(error)),):
            self.add_error(name if name in self.fields else "name", f"{message[:1].upper()}{message[1:].rstrip('.')}.")


def in_percent(metric_name: str) -> bool:
    """Whether people write the metric's values in per cent."""
    return bool(metric_name) and find_metric(metric_name).is_share


def initial_of(rule: AlertRule) -> Mapping[str, Any]:
    """A rule as the form shows it."""
    found = {name: getattr(rule, name) for name in PLAIN} | {"pipeline": rule.pipeline_id or ""}
    if in_percent(rule.metric_name):
        for name in PERCENT:
            found[name] = None if found[name] is None else 100 * found[name]
    return found | {name: f"{found[name]:.10g}" for name in PERCENT if found[name] is not None}
