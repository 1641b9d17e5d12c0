"""Moving the default or an alias. `expected` is where it pointed when the form was shown."""

from collections.abc import Sequence
from typing import Any

from django import forms

from registry.models import ModelVersion
from registry.names import MAX_ALIAS, MAX_LABEL
from registry.verbs import LONGEST_REASON


class ReasonForm(forms.Form):
    """Why, for those who look at the history later."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        required=False,
        help_text="Kept in the history.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expected = forms.CharField(max_length=MAX_LABEL, required=False, widget=forms.HiddenInput)


class MoveForm(ReasonForm):
    """Where a pointer is to point."""

    field_order = ("name", "version", "reason")

    def __init__(self, *args: Any, targets: Sequence[ModelVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(version.label, _describe(version)) for version in targets]
        self.fields["version"] = forms.ChoiceField(
            choices=choices, label="Version", widget=forms.Select(attrs={"autofocus": True})
        )
        self.order_fields(self.field_order)


class AliasForm(MoveForm):
    """The same for an alias that is not there yet."""

    name = forms.CharField(
        max_length=MAX_ALIAS,
        label="Alias",
        help_text="Such as production or canary; a pipeline says <code>model: name@alias</code>.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


def _describe(version: ModelVersion) -> str:
    said = [version.label, f"number {version.number}"]
    said += ["deprecated"] if version.state == "deprecated" else []
    return ", ".join(said)
