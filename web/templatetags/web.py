"""Tags and filters of every page: icons, states, times, quantities. `{% load web %}`"""

from datetime import UTC, datetime

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of `static/icons.svg`, hidden from screen readers: a word stands beside it."""
    css = f"icon icon--{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, static("icons.svg"), name)


@register.simple_tag
def state(status: str, label: str = "", pill: bool = False) -> SafeString:
    """A state: always an icon and a word."""
    word = label or status.replace("_", " ").capitalize()
    return format_html(
        '<span class="state{}" data-state="{}">{}{}</span>', " pill" if pill else "", status, icon(status), word
    )


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """A time relative to now; the exact one is in `title` and `datetime`."""
    if at is None:
        return "–"
    exact = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{} ago</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%d %b %Y, %H:%M:%S UTC"),
        timesince(at, depth=1),
    )


@register.filter
def duration(seconds: float | None) -> str:
    """A duration in seconds in its two largest units: `0.4 s`, `1 m 46 s`, `1 h 45 m`."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}\u00a0m {rest}\u00a0s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u00a0h {minutes}\u00a0m"
