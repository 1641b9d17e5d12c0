"""What is asked before something is done with reviews: a reason, a person, a time."""

from typing import Any

from django import forms

from reviews.models import ReviewerProfile

LONGEST_REASON = 300
REASON_CODES = (
    ("wrong_values", "Values are wrong, and not to be corrected here"),
    ("unreadable", "The document cannot be read"),
    ("wrong_document", "It is the wrong document"),
    ("incomplete", "Something is missing in the document"),
    ("not_allowed", "It breaks a rule"),
    ("other", "Something else"),
)
"""Why somebody rejects; statistics count by them, so that the words do not change with the writer."""


def _reason(*, required: bool, help_text: str) -> forms.CharField:
    return forms.CharField(
        max_length=LONGEST_REASON,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DeclineForm(forms.Form):
    """Why it is not for them."""

    reason = _reason(
        required=True, help_text="Leads see it. The review goes back to the queue and does not come again."
    )


class ReleaseForm(forms.Form):
    """Why, if there is something to say."""

    reason = _reason(required=False, help_text="Whoever takes it next sees this.")


class SnoozeForm(forms.Form):
    """Until when."""

    until = forms.DateTimeField(
        label="Put it off until (UTC)",
        help_text="It stays yours, and its due time does not move.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none when it runs
    """An active reviewer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(ReviewerProfile.objects.filter(is_active=True).order_by("name", "id"), **options)

    def label_from_instance(self, obj: Any) -> str:
        away = "" if obj.availability == "available" else f", {obj.availability}"
        return f"{obj}{' (lead)' if obj.is_lead else ''}{away}"


class ReassignForm(forms.Form):
    """To whom."""

    to = PersonField(label="Reviewer", empty_label="Choose …")
    reason = _reason(required=False, help_text="Kept in the history; needed to go beyond somebody's capacity.")
    over_capacity = forms.BooleanField(required=False, label="Also when they have as many reviews as they can take")


class BulkForm(forms.Form):
    """To whom several are given; nobody named is whom each suits best."""

    to = PersonField(required=False, label="Reviewer", empty_label="Whom each suits best")
    reason = _reason(required=False, help_text="Kept in the history; needed to go beyond somebody's capacity.")
    over_capacity = forms.BooleanField(required=False, label="Also when they have as many reviews as they can take")


class AnswerQuestionForm(forms.Form):
    """The answer to a reviewer's question."""

    answer = forms.CharField(max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))
