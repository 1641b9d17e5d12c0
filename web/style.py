"""The style page: every token, component and state, made with the real tags. In DEBUG only.

Tokens and icons are read from their files, so that none can be forgotten; the samples are in the template.
"""

import re
from datetime import timedelta
from pathlib import Path

from django import forms
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from web.paging import Pager
from web.parts import Fact, Tab

STATES = "pending queued running waiting retrying paused completed failed timed_out skipped cancelled".split()
OUTCOMES = "completed failed timed_out crashed handed_back discarded".split()
LEVELS = (("critical", ""), ("warning", ""), ("info", ""), ("ok", "Healthy"), ("degraded", ""))


class SampleForm(forms.Form):
    """A field of every kind; bound to nothing it shows its errors."""

    name = forms.CharField(help_text="Letters, digits and underscores")
    timeout = forms.IntegerField(error_messages={"required": "Give at least 1 second, for example 300."})
    model = forms.ChoiceField(choices=[("", "Every model"), ("gpt-4", "gpt-4")], required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)


class SampleFilters(forms.Form):
    q = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    pipeline = forms.ChoiceField(choices=[("", "Every pipeline"), ("a", "document_analysis")], required=False)
    since = forms.DateField(label="Since", required=False)


def page(request: HttpRequest) -> HttpResponse:
    """For everybody: it shows nothing but looks."""
    messages.success(request, "Accepted with 2 edits")
    messages.error(request, "2 of 3 could not be cancelled: they had ended.")
    now = timezone.now()
    return render(
        request,
        "web/style.html",
        {
            "colours": _read_names("css/tokens.css", r"--([\w-]+): light-dark\(#"),
            "icons": _read_names("icons.svg", r'id="i-([\w-]+)"'),
            "states": STATES,
            "outcomes": OUTCOMES,
            "levels": LEVELS,
            "fields": SampleForm({"name": "document_analysis", "note": "Clause 12.3 has two limits."}),
            "filters": SampleFilters({"since": "yesterday"}),
            "tabs": [
                Tab("Timeline", "#tabs", is_current=True),
                Tab("Graph", "#tabs"),
                Tab("Tasks", "#tabs", count=1204),
            ],
            "facts": [
                Fact("Pipeline", "document_analysis", "1.4.0", "#facts"),
                Fact("At work", "1 m 46 s", "of 1 h 45 m"),
            ],
            "pager": Pager("Rows 1 to 50 of 875", older="#pager"),
            "moments": [now - timedelta(seconds=s) for s in (4, 130, 4500, 20000, 300000, -19000)],
            "seconds": (0, 0.012, 0.4, 41.8, 106, 6300, 180000),
            "amounts": (None, 0, 2100, 80000, 1940000, 4120000000),
            "sizes": (0, 999, 1400, 15300000),
            "value": {"risk": "high", "confidence": 0.62, "cap": None, "quote": '<b>"12.3"</b>', "tags": ["a", True]},
        },
    )


def _read_names(path: str, pattern: str) -> list[str]:
    found = finders.find(path)
    return list(dict.fromkeys(re.findall(pattern, Path(found).read_text()))) if found else []
