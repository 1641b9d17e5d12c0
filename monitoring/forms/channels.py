"""Where messages go."""

from django import forms

from monitoring.states import ChannelKind, choices


class ChannelForm(forms.Form):
    """The name is its key: the same again changes it."""

    name = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    kind = forms.ChoiceField(choices=choices(ChannelKind))
    target = forms.CharField(
        max_length=2000,
        required=False,
        label="To",
        help_text="E-mail addresses separated by commas, or the webhook's address; nothing for the log.",
    )
    enabled = forms.BooleanField(required=False, initial=True, label="Send to it")
