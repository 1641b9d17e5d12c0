"""What people say when they take care of alerts."""

from typing import Any

from django import forms

from monitoring.forms.lengths import LengthField
from monitoring.forms.offered import with_own
from monitoring.models import AlertRule
from monitoring.services.alerts import LONGEST_SILENCE
from orchestration.models import RegisteredPipeline


class NoteForm(forms.Form):
    """A word for the others; may stay empty."""

    note = forms.CharField(
        max_length=500,
        required=False,
        help_text="Kept in the alert's history.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SilenceForm(forms.Form):
    """How long, and why."""

    length = LengthField(
        label="For how long",
        least=60,
        most=int(LONGEST_SILENCE.total_seconds()),
        initial="2 h",
        help_text="Such as 30 min, 2 h or 3 d. It can be ended earlier.",
    )
    reason = forms.CharField(
        max_length=500,
        help_text="For the next person who wonders why it is quiet.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MaintenanceForm(SilenceForm):
    """The same about a rule or a pipeline."""

    rule = forms.ChoiceField(required=False, label="Rule")
    pipeline = forms.ChoiceField(required=False, label="Pipeline")
    field_order = ("rule", "pipeline", "length", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = str(self.initial.get("rule", ""))
        keys = with_own(AlertRule.objects.order_by("name"), [int(own)] if own.isdecimal() and len(own) < 10 else ())
        rules = AlertRule.objects.filter(pk__in=keys).select_related("pipeline").order_by("name")
        names = with_own(RegisteredPipeline.objects.order_by("pk"), [self.initial.get("pipeline")])
        self.fields["rule"].choices = [("", "Every rule"), *((str(rule.pk), str(rule)) for rule in rules)]  # type: ignore[attr-defined]  # a choice field
        self.fields["pipeline"].choices = [("", "Every pipeline"), *((name, name) for name in names)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if not asked.get("rule") and not asked.get("pipeline") and not self.errors:
            self.add_error("rule", "Choose a rule, a pipeline or both: silencing everything would hide the rest.")
        return asked
