"""The small pieces all drawings are made of: escaped text, numbers, icons, legends, links."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe

from web.templatetags import web

NOT_KEPT = ("version",)
"""What live parts add to the address."""


def safe(*parts: str) -> SafeString:
    """Joins markup whose texts went through `text`."""
    return mark_safe("".join(parts))  # noqa: S308


text = escape


def number(value: float) -> str:
    """At most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    return f"{number(value)}%"


@lru_cache(maxsize=128)
def icon(name: str, size: str = "") -> str:
    return str(web.icon(name, size))


@lru_cache(maxsize=64)
def icon_address(name: str) -> str:
    """What a `<use>` inside a drawing refers to."""
    return icon(name).partition('href="')[2].partition('"')[0]


@lru_cache(maxsize=64)
def state_icon(status: str) -> str:
    """A state's icon with its word for screen readers: `Completed: `."""
    word = f'<span class="vh">{state_word(status)}: </span>'
    return f'<span class="state" data-state="{text(status)}">{icon(state_icon_name(status))}{word}</span>'


def state_word(status: str) -> str:
    return text(status.replace("_", " ").capitalize())


def state_icon_name(status: str) -> str:
    return web.STATE_ICONS.get(status, status)


def address(query: Mapping[str, str], **changes: str | int | None) -> str:
    """The query with changes, None removing a name: `?waits=all&task=a`. Relative, so it stays on the page."""
    pairs = list(query.lists() if isinstance(query, QueryDict) else ((name, [value]) for name, value in query.items()))
    kept = [(name, value) for name, values in pairs for value in values if name not in changes and name not in NOT_KEPT]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"?{text(urlencode(kept + added))}"


def link(href: str, icon_name: str, words: str) -> str:
    """A quiet button that is a link; `href` is escaped already."""
    return f'<a class="btn btn--sm btn--quiet" href="{href}">{icon(icon_name)}{text(words)}</a>'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Entries are markup of a 12 px `<svg>` (or an icon) and a word."""
    return f'<div class="legend">{"".join(f"<span>{mark}{text(word)}</span>" for mark, word in entries)}</div>'


def swatch(tone: str) -> str:
    return f'<svg aria-hidden="true"><rect class="m-{tone}" width="100%" height="100%"/></svg>'
