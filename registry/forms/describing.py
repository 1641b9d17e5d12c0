"""Changing what is said of a model or of a version."""

from collections.abc import Sequence
from typing import Any

from django import forms

from registry.forms.reading import Area, MetricsField, TagsField
from registry.metrics import better_of
from registry.models import ModelVersion, RegisteredModel


class ModelForm(forms.Form):
    """Description, and for each metric which values are better."""

    description = forms.CharField(label="Description", required=False, widget=Area(4))

    def __init__(self, *args: Any, model: RegisteredModel, metrics: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = model.metric_directions
        self.metrics = {f"metric-{number}": name for number, name in enumerate(metrics)}
        self.fields["description"].initial = model.description
        for key, name in self.metrics.items():
            self.fields[key] = forms.ChoiceField(
                label=name, choices=_choices(name), required=False, initial=model.metric_directions.get(name, "")
            )

    @property
    def directions(self) -> dict[str, str]:
        """Those that were chosen, and those of metrics that were not asked about; the others go by their names."""
        asked = self.metrics.values()
        chosen = {name: self.cleaned_data[key] for key, name in self.metrics.items() if self.cleaned_data[key]}
        return {name: better for name, better in self._before.items() if name not in asked} | chosen

    @property
    def shown_metrics(self) -> list[forms.BoundField]:
        return [self[key] for key in self.metrics]


def _choices(metric: str) -> list[tuple[str, str]]:
    guess = better_of(metric, {})
    by_name = f"by its name: {guess} is better" if guess else "unknown"
    return [("", by_name), ("higher", "higher is better"), ("lower", "lower is better")]


class VersionForm(forms.Form):
    """Description, tags, and metrics that were measured later."""

    description = forms.CharField(label="Description", required=False, widget=Area(4))
    tags = TagsField(label="Tags", required=False, help_text="With commas between them.")
    metrics = MetricsField(
        label="More metrics", required=False, help_text="One per line. Those that are there stay as they are."
    )

    def __init__(self, *args: Any, version: ModelVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["description"].initial = version.description
        self.fields["tags"].initial = ", ".join(version.tags)
