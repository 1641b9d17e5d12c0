"""The side bar's entries: each app registers its own in `ready()`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry. `count(request)` may give a number to show beside it; the permission decides who sees it."""

    section: str
    """"" is the unnamed first section, then "People", "System"."""
    order: int
    label: str
    icon: str
    url_name: str
    permission: str
    count: Callable[[HttpRequest], int] | None = None


_items: dict[str, NavItem] = {}
SECTIONS = ("", "People", "System")


def register(item: NavItem) -> None:
    """Add an entry; the same address again replaces it."""
    _items[item.url_name] = item


def entries(user: AbstractBaseUser | AnonymousUser, path: str) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The sections with the entries a user may see; the one whose address `path` lies under is current."""
    for section in SECTIONS:
        found = sorted(
            (item for item in _items.values() if item.section == section and _may_see(user, item)),
            key=lambda item: item.order,
        )
        if found:
            yield section, [_shown(item, path) for item in found]


def _may_see(user: AbstractBaseUser | AnonymousUser, item: NavItem) -> bool:
    return isinstance(user, PermissionsMixin) and user.has_perm(item.permission)


def _shown(item: NavItem, path: str) -> dict[str, object]:
    url = reverse(item.url_name)
    is_current = path == url if url == "/" else path.startswith(url)
    return {"item": item, "url": url, "is_current": is_current}
