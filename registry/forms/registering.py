"""Registering a version: by sending its files, or as a model that a provider hosts."""

from typing import Any

from django import forms

from registry.exceptions import InvalidVersion
from registry.forms.reading import Area, MetricsField, ObjectField, TagsField
from registry.names import MAX_LABEL, MAX_NAME
from registry.services.hosted import MAX_PROVIDER, MAX_PROVIDER_MODEL, Price

OFF = {"autocomplete": "off", "spellcheck": "false"}
MICRO = 1_000_000
HIGHEST_PRICE = 1_000_000
# Places in what a service was given → the field that they came from.
FIELDS = {"model_path": "files", "price": "input_price"}


class RegisterForm(forms.Form):
    """What every version may say of itself."""

    model_name = forms.CharField(
        label="Model",
        max_length=MAX_NAME,
        help_text="One there is, or a new one: letters, digits, dots, dashes, underscores.",
        widget=forms.TextInput(attrs={**OFF, "list": "models", "class": "mono"}),
    )
    version = forms.CharField(
        label="Version",
        max_length=MAX_LABEL,
        help_text="Its label, such as v2.1.0. It belongs to this content for good.",
        widget=forms.TextInput(attrs={**OFF, "class": "mono"}),
    )
    description = forms.CharField(label="Description", required=False, widget=Area(2))
    tags = TagsField(label="Tags", required=False, help_text="With commas between them.")
    metrics = MetricsField(label="Metrics", required=False, help_text="One per line. They never change afterwards.")
    metadata = ObjectField(label="Metadata", required=False, help_text="A JSON object; numbers in it are metrics too.")
    input_schema = ObjectField(label="Input schema", required=False, help_text="JSON Schema of what it takes.")
    output_schema = ObjectField(label="Output schema", required=False, help_text="JSON Schema of what it returns.")
    set_as_default = forms.BooleanField(label="Make it the default version", required=False)

    common = ("model_name", "version", "description", "tags", "metrics")
    more = ("metadata", "parameters", "input_schema", "output_schema")

    def add_refusal(self, error: InvalidVersion) -> None:
        """Show what a service refused beside the field it is about."""
        said = str(error)
        name = error.problems[0][0].strip("/").split("/")[0] if error.problems else ""
        name = FIELDS.get(name, name)
        self.add_error(name if name in self.fields else None, f"{said[:1].upper()}{said[1:]}.")

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        return dict(self.cleaned_data)

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in self.common]

    @property
    def shown_more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.more if name in self.fields]

    @property
    def has_more(self) -> bool:
        """Whether the folded fields have something to show."""
        return any(field.errors or field.value() for field in self.shown_more)


class FilesForm(RegisterForm):
    """The files themselves are read by `registry.receiving`."""

    parameters = ObjectField(label="Parameters", required=False, help_text="What it was trained with, a JSON object.")


class HostedForm(RegisterForm):
    """Who answers, for which model, at what price."""

    provider = forms.CharField(
        label="Provider",
        max_length=MAX_PROVIDER,
        help_text="Such as openai, anthropic or ollama. Its address and key are settings.",
        widget=forms.TextInput(attrs={**OFF, "class": "mono"}),
    )
    provider_model = forms.CharField(
        label="Its model",
        max_length=MAX_PROVIDER_MODEL,
        help_text="The provider’s own name for it.",
        widget=forms.TextInput(attrs={**OFF, "class": "mono"}),
    )
    default_parameters = ObjectField(
        label="Default parameters", required=False, help_text="Used where a task gives none, a JSON object."
    )
    input_price = forms.DecimalField(label="Reading costs", required=False, min_value=0, max_value=HIGHEST_PRICE)
    output_price = forms.DecimalField(label="Writing costs", required=False, min_value=0, max_value=HIGHEST_PRICE)
    cached_price = forms.DecimalField(
        label="Reading from its cache costs", required=False, min_value=0, max_value=HIGHEST_PRICE
    )

    hosting = ("provider", "provider_model", "default_parameters")
    prices = ("input_price", "output_price", "cached_price")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        given = [found.get(name) is not None for name in self.prices]
        if any(given) and not (given[0] and given[1]):
            self.add_error("input_price", "Give the price of reading and of writing, or no price at all.")
        return found

    def values(self) -> dict[str, Any]:
        found = super().values()
        amounts = [found.pop(name) for name in self.prices]
        amounts = [None if amount is None else round(amount * MICRO) for amount in amounts]
        price = (
            None
            if amounts[0] is None
            else Price(input_microusd=amounts[0], output_microusd=amounts[1], cached_input_microusd=amounts[2])
        )
        return {**found, "price": price}

    @property
    def shown_hosting(self) -> list[forms.BoundField]:
        return [self[name] for name in self.hosting]

    @property
    def shown_prices(self) -> list[forms.BoundField]:
        return [self[name] for name in self.prices]
