"""What people ask of the result cache: tags to invalidate, a key to explain."""

from django import forms

MOST_TAGS = 50
LONGEST = 1_000


class TagsForm(forms.Form):
    """Tags, a line each."""

    tags = forms.CharField(
        max_length=20_000,
        label="Tags, one on each line",
        help_text="As the definition writes them, placeholders filled in: customer:17",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_tags(self) -> list[str]:
        """Each once, in the order given."""
        lines = (line.strip() for line in self.cleaned_data["tags"].splitlines())
        tags = list(dict.fromkeys(line for line in lines if line))
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(f"These are {len(tags)} tags; send {MOST_TAGS} at a time at most.")
        return tags
