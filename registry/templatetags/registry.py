"""Tags of the registry's pages. `{% load registry %}`"""

import json
from collections.abc import Iterable
from math import floor, log10
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from registry.comparison import Comparison, FigureChange, MetricChange, NamesChange
from registry.figures import delta_words
from registry.metrics import Verdict
from registry.selectors.model_list import MetricStep
from registry.states import VersionState
from web.quantities import THIN, UNKNOWN, quantity, size
from web.templatetags import web

register = template.Library()
LONGEST_VALUE = 300
LONGEST_NAME = 20

# State → the mark it is shown with (an icon's name; ok, warning, critical and running have colours) and its word.
STATES = {
    VersionState.PENDING: ("running", "Uploading"),
    VersionState.READY: ("ok", "Ready"),
    VersionState.DEPRECATED: ("warning", "Deprecated"),
    VersionState.QUARANTINED: ("critical", "Quarantined"),
    VersionState.ARCHIVED: ("lock", "Archived"),
}
TONES: dict[str, str] = {"better": "ok", "worse": "bad"}


@register.simple_tag
def version_state(state: str, pill: bool = False) -> SafeString:
    """A version's state as an icon and a word."""
    return web.state(*STATES[VersionState(state)], pill)


@register.filter
def measure(value: float | None, decimals: int = 0) -> str:
    """A metric's value in four significant digits at most; in a column with its `decimals`, as far as they allow."""
    if value is None:
        return UNKNOWN
    if isinstance(value, int) or abs(value) >= 10**4:
        return quantity(round(value)) if abs(value) < 10**15 else f"{value:.4g}"
    if 0 < abs(value) < 10**-4:
        return f"{value:.4g}"
    most = 3 - floor(log10(abs(value))) if value else decimals
    return f"{value:,.{max(0, _decimals(value), min(decimals, most))}f}".replace(",", THIN)


def decimals_of(values: Iterable[float | None]) -> int:
    """How many decimals such values of one metric have beside each other."""
    return max((_decimals(value) for value in values if isinstance(value, float)), default=0)


@register.filter
def decimals(row: MetricChange) -> int:
    """The same for what a metric was before and is after."""
    return decimals_of((row.before, row.after))


def _decimals(value: float) -> int:
    text = f"{value:.4g}"
    return 0 if "e" in text else len(text.partition(".")[2])


@register.simple_tag
def figure_verdict(row: FigureChange) -> SafeString:
    """`↓ −0.3 s better`, as `verdict` says it of metrics."""
    if row.delta is None:
        return format_html('<span class="muted">{}</span>', "not in use now" if row.after is None else "new in use")
    shown = delta_words(row.delta, row.unit)
    if row.may_be_chance:
        return _verdict(row.delta, "unknown", f"{shown}, may be chance")
    return _verdict(row.delta, row.verdict, shown)


@register.simple_tag
def verdict(delta: float | None, word: Verdict) -> SafeString:
    """`↑ +0.012 better`: the arrow says where, the word says whether that is good, the colour repeats it."""
    if delta is None:
        return format_html('<span class="muted">{}</span>', "–")
    return _verdict(delta, word, f"{'+' if delta > 0 else '−'}{measure(abs(delta))}")


def _verdict(delta: float, word: Verdict, shown: str) -> SafeString:
    if word == "same":
        return format_html('<span class="muted">{}</span>', "≈ same")
    arrow = web.icon("up" if delta > 0 else "down", "sm")
    said = "" if word == "unknown" else f" {word}"
    tone = TONES.get(word, "muted")
    return format_html('<span class="{} delta nowrap">{} {}{}</span>', tone, arrow, shown, said)


@register.simple_tag
def metric_step(step: MetricStep | None, decimals: int = 0) -> SafeString:
    """`accuracy 0.951 ↑ +0.012 better`."""
    if step is None:
        return format_html('<span class="muted">{}</span>', "–")
    change = verdict(step.delta, step.verdict) if step.before is not None else ""
    return format_html(
        '<span class="step"><span class="muted" title="{}">{}</span> <span class="strong">{}</span> {}</span>',
        step.name,
        step.name if len(step.name) <= LONGEST_NAME else f"{step.name[:LONGEST_NAME]}…",
        measure(step.value, decimals),
        change,
    )


@register.filter
def percent(share: float) -> str:
    """A change as a part of what it was: `+1.3 %`."""
    return f"{'+' if share > 0 else '−'}{abs(share) * 100:.3g}\u00a0%"


@register.filter
def more_bytes(delta: int) -> str:
    """A change of a size: `+1.4 MB`."""
    if not delta:
        return "the same size"
    return f"{'+' if delta > 0 else '−'}{size(abs(delta))}"


@register.filter
def told(value: Any) -> str:
    """A value of any kind, shortly."""
    text = value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


@register.filter
def names_of(found: Comparison) -> list[tuple[str, NamesChange]]:
    """Tags and aliases that there are."""
    both = (("Tags", found.tags), ("Aliases", found.aliases))
    return [(label, names) for label, names in both if names.added or names.removed or names.kept]
