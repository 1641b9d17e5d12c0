"""Tags and filters of every page: icons, states, times, quantities, code. `{% load web %}`"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from web import code, quantities
from web.panels import panels_of, render_panels

register = template.Library()
STATE_ICONS = {
    "ok": "completed",
    "degraded": "warning",
    "crashed": "bolt",
    "handed_back": "undo",
    "discarded": "minus",
}
"""States whose icon has another name."""
register.filter("duration", quantities.duration)
register.filter("money", quantities.money)
register.filter("quantity", quantities.quantity)
register.filter("bytes", quantities.size)
register.simple_tag(quantities.plural, name="plural")
register.simple_tag(code.highlight_json, name="json")


@register.simple_tag
@lru_cache(maxsize=512)  # a table has hundreds, and asking for a static file's name is not free
def icon(name: str, size: str = "") -> SafeString:
    """An icon of `static/icons.svg`, hidden from screen readers: a word stands beside it. Sizes: "" (16 px), sm, lg."""
    css = f"icon icon--{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, static("icons.svg"), name)


@register.simple_tag
@lru_cache(maxsize=512)
def state(status: str, label: str = "", pill: bool = False) -> SafeString:
    """A state: always an icon and a word. `pill=True` only where one state heads a block."""
    word = label or status.replace("_", " ").capitalize()
    css = "state pill" if pill else "state"
    return format_html(
        '<span class="{}" data-state="{}">{}{}</span>', css, status, icon(STATE_ICONS.get(status, status)), word
    )


@register.simple_tag(takes_context=True)
def panels(context: Any, page: str, subject: Any) -> SafeString:
    """`{% panels "registry.version" version %}`: what upper apps have to say here, see `web.panels`."""
    request = context["request"]
    return render_panels(panels_of(page, request, subject), request)


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """A time relative to now, kept current by `times.js`; the exact one is in `title` and `datetime`."""
    if at is None:
        return quantities.UNKNOWN
    return _time(at, quantities.relative(at, timezone.now()), "data-ago")


@register.filter
def exact(at: datetime | None) -> SafeString | str:
    """A time as the clock shows it (UTC), with the date where it is not today."""
    if at is None:
        return quantities.UNKNOWN
    return _time(at, quantities.clock(at, timezone.now()), "")


def _time(at: datetime, text: str, attribute: str) -> SafeString:
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}" {}>{}</time>', moment, quantities.full_time(at), attribute, text)


@register.filter
def styled(field: BoundField, css: str = "") -> SafeString:
    """A form field's control with our class (and `css`), and with its errors and hint named for screen readers."""
    told = [f"{field.id_for_label}_error"] * bool(field.errors)
    told += [f"{field.id_for_label}_helptext"] * bool(field.help_text)
    base = "" if isinstance(field.field.widget, CheckboxInput) else "input"
    attributes = {
        "class": " ".join(filter(None, (base, css, field.field.widget.attrs.get("class", "")))),
        "aria-invalid": "true" if field.errors else "",
        "aria-describedby": " ".join(told),
    }
    return field.as_widget(attrs={name: value for name, value in attributes.items() if value})


@register.filter
def person(user: Any) -> str:
    """How a person is called: the full name if there is one."""
    return str(user.get_full_name() or user.get_username())


@register.filter
def initials(user: Any) -> str:
    """`MO` of Mira Okafor."""
    words = person(user).replace(".", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def span(start: datetime | None, end: datetime | None) -> str:
    """The duration from `start` to `end`; what has not ended is counted up to now, what has not begun is `–`."""
    if start is None:
        return quantities.UNKNOWN
    return quantities.duration(((end or timezone.now()) - start).total_seconds())
