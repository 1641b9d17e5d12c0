"""A reviewer's profile, availability and absences, as people fill them in. What fits together the services decide."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import get_user_model

from reviews.exceptions import InvalidReview
from reviews.models import ReviewerProfile
from reviews.services.reviewers import id_fault
from reviews.skills import parse_skill
from reviews.states import Availability
from reviews.working_hours import DAYS, WorkingHours

DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
LONGEST_LIST = 50
_SEPARATOR = re.compile(r"[,\n]+")


def split(text: str) -> list[str]:
    """`legal:4, tax` as a list."""
    return [part.strip() for part in _SEPARATOR.split(text) if part.strip()]


class HoursForm(forms.Form):
    """Working hours of a week, a line for each day, and their time zone."""

    time_zone = forms.CharField(
        max_length=64,
        initial="UTC",
        help_text="An IANA name, such as Europe/Berlin.",
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    mon = forms.CharField(required=False, max_length=200, label="Mon")
    tue = forms.CharField(required=False, max_length=200, label="Tue")
    wed = forms.CharField(required=False, max_length=200, label="Wed")
    thu = forms.CharField(required=False, max_length=200, label="Thu")
    fri = forms.CharField(required=False, max_length=200, label="Fri")
    sat = forms.CharField(required=False, max_length=200, label="Sat")
    sun = forms.CharField(required=False, max_length=200, label="Sun")

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[day] for day in DAYS]

    def hours(self) -> dict[str, list[str]]:
        """As the services take them; no day at all is always."""
        found = {day: split(self.cleaned_data.get(day, "")) for day in DAYS}
        return {day: spans for day, spans in found.items() if spans}

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise forms.ValidationError("There is no such time zone; write an IANA name, such as Europe/Berlin.")
        return zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for day in DAYS:
            try:
                WorkingHours.parse({day: split(found.get(day, ""))}, "UTC")
            except InvalidReview as error:
                self.add_error(day, f"{error}.")
        return found


def hours_initial(hours: Mapping[str, Any]) -> dict[str, str]:
    return {day: ", ".join(hours.get(day, ())) for day in DAYS}


class ReviewerForm(HoursForm):
    """What a profile says. The id never changes."""

    id = forms.CharField(max_length=64, label="Id", help_text="Short and for good, such as ana or legal-ana.")
    name = forms.CharField(max_length=150)
    email = forms.EmailField(required=False, label="E-mail", help_text="Where notices go; without one they stay here.")
    specializations = forms.CharField(
        required=False,
        max_length=2000,
        help_text="Separated by commas, each with a level from 1 to 5 if it matters: legal:4, tax.",
    )
    languages = forms.CharField(
        required=False, max_length=300, help_text="What they can read, such as de, fr. Empty is any."
    )
    max_concurrent_reviews = forms.IntegerField(min_value=1, max_value=1000, initial=5, label="Reviews at once")
    clearance = forms.IntegerField(
        min_value=0, max_value=1000, initial=0, help_text="They see reviews up to this sensitivity."
    )
    is_lead = forms.BooleanField(required=False, label="Lead: gets what is escalated, may decide for others")
    is_active = forms.BooleanField(required=False, initial=True, label="Active: gets reviews")
    user = forms.CharField(
        required=False,
        max_length=150,
        label="Login",
        help_text="The name that this reviewer signs in with. Empty is none.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, reviewer: ReviewerProfile | None = None, **options: Any) -> None:
        options.setdefault("initial", _initial(reviewer) if reviewer else {})
        super().__init__(data, **options)
        self.reviewer = reviewer
        if reviewer is not None:
            del self.fields["id"]

    def clean_id(self) -> str:
        key: str = self.cleaned_data["id"]
        if fault := id_fault(key):
            raise forms.ValidationError(f"It {fault}.")
        if ReviewerProfile.objects.filter(pk=key).exists():
            raise forms.ValidationError("There is a reviewer with this id.")
        return key

    def clean_user(self) -> Any:
        name: str = self.cleaned_data["user"].strip()
        if not name:
            return None
        found = get_user_model()._default_manager.filter(username=name, is_active=True).first()
        if found is None:
            raise forms.ValidationError("There is no such login.")
        other = ReviewerProfile.objects.filter(user=found).exclude(pk=self.reviewer.pk if self.reviewer else "").first()
        if other is not None:
            raise forms.ValidationError(f"{other} ({other.pk}) signs in with it.")
        return found

    def clean_specializations(self) -> list[str]:
        found = split(self.cleaned_data["specializations"])
        for one in found:
            try:
                parse_skill(one)
            except InvalidReview as error:
                raise forms.ValidationError(f"{error}.") from error
        return found[:LONGEST_LIST]

    def clean_languages(self) -> list[str]:
        return split(self.cleaned_data["languages"])[:LONGEST_LIST]

    def changes(self) -> dict[str, Any]:
        """As `update_reviewer` takes them."""
        names = ("name", "email", "languages", "clearance", "max_concurrent_reviews", "is_lead", "is_active", "user")
        found = {name: self.cleaned_data[name] for name in names}
        return found | {"time_zone": self.cleaned_data["time_zone"], "working_hours": self.hours()}


def _initial(reviewer: ReviewerProfile) -> dict[str, Any]:
    names = ("name", "email", "clearance", "max_concurrent_reviews", "is_lead", "is_active", "time_zone")
    return {
        **{name: getattr(reviewer, name) for name in names},
        "specializations": ", ".join(f"{skill.name}:{skill.level}" for skill in reviewer.skill_list),
        "languages": ", ".join(reviewer.languages),
        "user": reviewer.user.get_username() if reviewer.user else "",
        **hours_initial(reviewer.working_hours),
    }


class AvailabilityForm(forms.Form):
    """Now: at work, busy (nothing new), or away."""

    availability = forms.ChoiceField(choices=[(one.value, one.value.capitalize()) for one in Availability])
    away_until = forms.DateTimeField(
        required=False,
        label="Away until (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("availability") != Availability.AWAY:
            found["away_until"] = None
        return found


class AbsenceForm(forms.Form):
    """Whole days away, in the reviewer's own time zone."""

    starts_on = forms.DateField(label="First day away", widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label="Last day away", widget=forms.DateInput(attrs={"type": "date"}))
    substitute = forms.ModelChoiceField(ReviewerProfile.objects.none(), required=False, empty_label="Nobody: the queue")
    reason = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, reviewer: ReviewerProfile) -> None:
        super().__init__(data)
        self.reviewer = reviewer
        others = ReviewerProfile.objects.filter(is_active=True).exclude(pk=reviewer.pk).order_by("name", "id")
        self.fields["substitute"].queryset = others  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start, end = found.get("starts_on"), found.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", "The last day comes before the first.")
        return found

    def span(self) -> tuple[Any, Any]:
        """From midnight of the first day to midnight after the last."""
        zone = self.reviewer.hours.zone
        first, last = self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]
        return (
            datetime.combine(first, time(), zone),
            datetime.combine(last + timedelta(days=1), time(), zone),
        )
