"""What a list of executions may be asked for in its address. A bad value is told beside its field and not applied."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from orchestration.models import RegisteredPipeline
from orchestration.selectors.execution_filters import ExecutionFilters
from orchestration.states import ExecutionStatus, Trigger

SPANS = {
    "1h": ("the last hour", timedelta(hours=1)),
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
VIEWS = [("all", "All"), ("attention", "Needs attention"), ("mine", "My runs")]
RANGES = [
    ("", "Any time"),
    ("By start", [(f"started-{key}", f"Started in {words}") for key, (words, _) in SPANS.items()]),
    ("By end", [(f"ended-{key}", f"Ended in {words}") for key, (words, _) in SPANS.items()]),
]
MORE = ("trigger", "label", "by", "since", "until")
"""The fields that are folded away until one of them is used."""


NO_CHOICE = {"invalid_choice": "There is no choice “%(value)s” here."}
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class MomentField(forms.DateTimeField):
    """A time of any zone (UTC where it says none) that every database can hold."""

    default_error_messages = {"invalid": "Write a date and a time in UTC, for example 2026-01-31 12:00."}
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is not None and not EARLIEST <= moment <= LATEST:
            raise forms.ValidationError(f"Choose a year from {EARLIEST.year} to {LATEST.year}.")
        return moment

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As the browser's own field wants it, however it was written in the address."""
        try:
            return self.to_python(data) or data
        except forms.ValidationError:
            return data


class ExecutionFilterForm(forms.Form):
    """The filters of the executions page. `filters()` and `query()` leave out what is not valid."""

    view = forms.ChoiceField(choices=VIEWS, required=False, error_messages=NO_CHOICE)
    state = forms.MultipleChoiceField(
        choices=[(status.value, status.value) for status in ExecutionStatus],
        required=False,
        error_messages={"invalid_choice": "There is no state “%(value)s”."},
    )
    q = forms.CharField(max_length=200, required=False)
    pipeline = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "No pipeline is registered as “%(value)s”."}
    )
    started_by = forms.CharField(
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Started by anyone", "list": "logins", "size": 16}),
    )
    range = forms.ChoiceField(choices=RANGES, required=False, error_messages=NO_CHOICE)
    trigger = forms.ChoiceField(
        choices=[("", "Anything"), *((word.value, word.label[0].upper() + word.label[1:]) for word in Trigger)],
        required=False,
        error_messages=NO_CHOICE,
    )
    label = forms.CharField(
        max_length=400, required=False, widget=forms.TextInput(attrs={"placeholder": "team=legal", "size": 16})
    )
    by = forms.ChoiceField(
        choices=[("start", "Their start"), ("end", "Their end")], required=False, error_messages=NO_CHOICE
    )
    since = MomentField(required=False)
    until = MomentField(required=False)

    def __init__(self, asked: QueryDict, viewer: str) -> None:
        super().__init__(asked)
        self._viewer = viewer
        pipelines = [(key, key) for key in RegisteredPipeline.objects.values_list("pk", flat=True)]
        self.fields["pipeline"].choices = [("", "Every pipeline"), *pipelines]  # type: ignore[attr-defined]
        self.full_clean()

    def clean_label(self) -> tuple[str, str] | None:
        key, separator, value = self.cleaned_data["label"].partition("=")
        if self.cleaned_data["label"] and not (key and separator):
            raise forms.ValidationError("Write it as key=value, for example team=legal.")
        return (key, value) if separator else None

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            self.add_error("until", "Choose a time after “from”.")
        if cleaned.get("range") and (since or until):
            self.add_error("range", "Choose this or “from” and “to”, not both.")
        return cleaned

    @property
    def shows_more(self) -> bool:
        """Whether one of the folded fields is used, or wrong."""
        return any(self.cleaned_data.get(name) or name in self.errors for name in MORE if name != "by")

    def filters(self, now: datetime) -> ExecutionFilters:
        found = self.cleaned_data
        by, _, span = found.get("range", "").partition("-")
        return ExecutionFilters(
            view=found.get("view") or "all",
            viewer=self._viewer,
            states=tuple(found.get("state", ())),
            text=found.get("q", ""),
            pipeline=found.get("pipeline", ""),
            started_by=found.get("started_by", ""),
            trigger=found.get("trigger", ""),
            label=found.get("label"),
            since=now - SPANS[span][1] if span else found.get("since"),
            until=found.get("until"),
            by_end=by == "ended" if span else found.get("by") == "end",
        )

    def query(self, **changes: Any) -> str:
        """The filters that hold as a query string, with some changed; None leaves one out."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            given = changes.get(name, self._given(name))
            values = given if isinstance(given, list) else [given]
            kept.setlist(name, [str(value) for value in values if value])
        for name in [name for name in kept if not kept.getlist(name)]:
            del kept[name]
        return kept.urlencode()

    def _given(self, name: str) -> Any:
        """A field's value as it was written, if it holds."""
        if name not in self.cleaned_data:
            return None
        value = self.data.getlist(name) if name == "state" else self.data.get(name)  # type: ignore[attr-defined]
        return None if name == "view" and value == "all" else value
