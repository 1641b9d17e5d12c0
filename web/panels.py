"""What an upper app has to say on a lower app's page: a list of panels for each page, filled in `ready()`.

The page names itself and passes what it is about: `{% panels "registry.version" version %}`. A panel is called with the
request and that subject, checks permissions, asks a bounded number of queries, and answers what to show, or None. The
page knows neither the app nor what the panel shows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a page: a template (with its own heading, in a card) and what it needs."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    needs_somebody: bool = False
    """It says that something waits for whoever looks, so the page must not say that nothing does."""


Panel = Callable[[HttpRequest, Any], Shown | None]
_panels: dict[str, dict[str, tuple[int, Panel]]] = {}


def register(page: str, name: str, panel: Panel, order: int = 100) -> None:
    """Add a panel to a page; the same name again replaces it. Low orders come first."""
    _panels.setdefault(page, {})[name] = (order, panel)


def panels_of(page: str, request: HttpRequest, subject: Any) -> list[Shown]:
    """What the panels of a page have to say about a subject."""
    ordered = sorted(_panels.get(page, {}).items(), key=lambda item: (item[1][0], item[0]))
    return [shown for _, (_, panel) in ordered if (shown := panel(request, subject)) is not None]


def render_panels(shown: Iterable[Shown], request: HttpRequest) -> SafeString:
    """The panels one below the other."""
    parts = ((render_to_string(part.template, {**part.context}, request),) for part in shown)
    return format_html_join("\n", "{}", parts)
