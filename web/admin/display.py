"""How the admin writes a cell: states, times, links, values. Escapes everything; needs no theme."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from web import code, quantities
from web.templatetags import web

NONE = "–"
LONGEST_VALUE = 20_000  # characters of one JSON value on a page


def state(word: str, label: str = "") -> SafeString:
    """An icon and a word, as on the product's pages."""
    return web.state(word, label)


def ago(at: datetime | None) -> SafeString | str:
    return NONE if at is None else web.ago(at)


def exact(at: datetime | None) -> SafeString | str:
    return NONE if at is None else web.exact(at)


def took(start: datetime | None, end: datetime | None) -> str:
    """The time from one to the other; up to now while it has not ended."""
    return NONE if start is None else web.span(start, end)


def seconds(amount: float | None) -> str:
    return NONE if amount is None else quantities.duration(amount)


def change_link(model: type[Model], key: Any, text: object) -> SafeString | str:
    """A link to the admin's page of a row."""
    opts = model._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[quote(key)])
    return link(address, text)


def list_address(model: type[Model], **filters: object) -> str:
    """The admin's list of a model, filtered."""
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist", query=filters)


def link(address: str, text: object) -> SafeString:
    return format_html('<a class="link" href="{}">{}</a>', address, text)


def code_text(text: object) -> SafeString:
    return format_html("<code>{}</code>", text)


def two_lines(first: object, second: object) -> SafeString:
    """A name with what tells it apart below it."""
    return format_html('<span class="two">{}<small>{}</small></span>', first, second)


def tags(words: Iterable[object]) -> SafeString | str:
    shown = format_html_join(" ", '<span class="tag">{}</span>', ((word,) for word in words))
    return shown or NONE


def joined(parts: Iterable[object]) -> SafeString:
    return format_html_join(" · ", "{}", ((part,) for part in parts))


def json_block(value: Any, whole: str = "") -> SafeString | str:
    """A JSON value as people read it, cut when it is long; `whole` is the address of all of it."""
    if value is None:
        return NONE
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if len(text) <= LONGEST_VALUE:
        return format_html('<pre class="code">{}</pre>', code.highlight_json(value))
    said = f"The first {quantities.quantity(LONGEST_VALUE)} of {quantities.quantity(len(text))} characters."
    more = link(whole, "All of it") if whole else ""
    return format_html('<pre class="code">{}…</pre><p>{} {}</p>', text[:LONGEST_VALUE], said, more)


def error_line(error: Any) -> SafeString | str:
    """`{code, message, …}` in one line."""
    if not isinstance(error, dict):
        return NONE
    return format_html('<span class="clip" title="{0}">{0}</span>', error.get("message") or error.get("code") or NONE)


def cell(title: str, show: Callable[[Any], object], ordering: str | None = None) -> Callable[[Any, Any], object]:
    """A column of a list or a field of a page: what `show` makes of the row, once: unfold asks up to five times."""

    @admin.display(description=title, ordering=ordering)
    def shown(page: Any, row: Any) -> object:
        kept: dict[object, object] = vars(row).setdefault("_shown", {})
        if shown not in kept:
            kept[shown] = show(row)
        return kept[shown]

    return shown


def moment(title: str, name: str, ordering: str | None = None) -> Callable[[Any, Any], object]:
    """The exact time in a column of the row."""
    return cell(title, lambda row: exact(getattr(row, name)), ordering)


def age(title: str, name: str, ordering: str | None = None) -> Callable[[Any, Any], object]:
    """How long ago the time in a column of the row is."""
    return cell(title, lambda row: ago(getattr(row, name)), ordering)


def value(title: str, name: str) -> Callable[[Any, Any], object]:
    """A JSON column of the row."""
    return cell(title, lambda row: json_block(getattr(row, name)))
