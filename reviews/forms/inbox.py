"""The inbox's filters: what stands in its address."""

from typing import Any

from django import forms

from reviews.models import ReviewerProfile
from reviews.selectors.inbox import Filters
from reviews.states import Priority, Risk


class InboxFilterForm(forms.Form):
    """Nothing chosen lets everything through; a value that is none filters nothing and is told beside the field."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Search by title or task",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Title or task"}),
    )
    priority = forms.ChoiceField(
        required=False, choices=[("", "Any priority"), *((one.value, one.value.capitalize()) for one in Priority)]
    )
    risk = forms.ChoiceField(
        required=False, choices=[("", "Any risk"), *((one.value, f"{one.value.capitalize()} risk") for one in Risk)]
    )
    reason = forms.ChoiceField(required=False)
    skill = forms.CharField(
        required=False,
        max_length=64,
        label="Specialization",
        widget=forms.TextInput(attrs={"placeholder": "Specialization", "size": 12}),
    )
    person = forms.ModelChoiceField(ReviewerProfile.objects.none(), required=False, empty_label="Anybody’s")
    overdue = forms.ChoiceField(required=False, label="Time", choices=[("", "Any time"), ("on", "Overdue")])

    def __init__(self, data: Any, *, reasons: list[tuple[str, str]], has_people: bool) -> None:
        super().__init__(data.dict())
        self.fields["reason"].choices = [("", "Any reason"), *reasons]  # type: ignore[attr-defined]
        if has_people:
            people = ReviewerProfile.objects.filter(is_active=True).order_by("name", "id")
            self.fields["person"].queryset = people  # type: ignore[attr-defined]
        else:
            del self.fields["person"]

    def filters(self) -> Filters:
        self.is_valid()
        found = self.cleaned_data
        return Filters(
            priority=found.get("priority", ""),
            risk=found.get("risk", ""),
            reason=found.get("reason", ""),
            specialization=found.get("skill", "").strip(),
            assignee=found["person"].pk if found.get("person") else "",
            is_overdue=bool(found.get("overdue")),
            search=found.get("q", "").strip().replace("\x00", ""),
        )

    @property
    def query(self) -> dict[str, str]:
        """What is chosen, for links."""
        return {name: text for name, text in self.data.items() if name in self.fields and text}
