"""Search over everything: apps register providers in `ready()`; the page and the palette show what they find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from web import navigation
from web.navigation import User

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: `detail` tells it from others of the same title."""

    title: str
    detail: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one provider found; `has_more` says that there was more than the limit."""

    name: str
    hits: list[Hit]
    has_more: bool


Provider = Callable[[User, str, int], list[Hit]]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Add a provider under the heading of its results.

    It is called with the user, a text that is not empty, and how many hits are wanted at most, best first. It finds
    nothing for a user who may not see such things, and answers in a few milliseconds.
    """
    _providers[name] = provider


def search(user: User, text: str, limit: int) -> list[Group]:
    """What every provider found, in the order of registration; nothing for no text but the pages to go to."""
    text = text.strip()[:LONGEST].replace("\x00", "")
    pages = Group("Go to", find_pages(user, text), has_more=False)
    found = [*_ask(user, text, limit)] if text else []
    return [group for group in (pages, *found) if group.hits]


def _ask(user: User, text: str, limit: int) -> Iterator[Group]:
    for name, provider in _providers.items():
        hits = provider(user, text, limit + 1)
        yield Group(name, hits[:limit], has_more=len(hits) > limit)


def find_pages(user: User, text: str) -> list[Hit]:
    """The pages of the side bar and the account page whose names contain the text."""
    pages = [
        Hit(item.label, item.section, reverse(item.url_name), item.icon) for item in navigation.visible_items(user)
    ]
    pages.append(Hit("Account", "name, password, theme, keys", reverse("account"), "mine"))
    return [page for page in pages if text.lower() in page.title.lower()]
