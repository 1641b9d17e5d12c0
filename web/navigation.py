"""The side bar's entries: each app registers its own in `ready()`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

User = AbstractBaseUser | AnonymousUser


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
    """"" is everybody who is logged in."""
    count: Callable[[HttpRequest], int] | None = None
    key: str = ""
    """The letter after `g`; without one the label's first letter, if no entry before has it."""
    staff_only: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as one person sees it on one page."""

    item: NavItem
    url: str
    is_current: bool
    key: str
    count: int


_items: dict[str, NavItem] = {}
SECTIONS = ("", "People", "System")


def register(item: NavItem) -> None:
    """Add an entry; the same address again replaces it."""
    _items[item.url_name] = item


def entries(request: HttpRequest) -> Iterator[tuple[str, list[Entry]]]:
    """The sections with the entries a user may see; the one whose address the page's lies nearest under is current."""
    seen = visible_items(getattr(request, "user", AnonymousUser()))  # an error page may come before it is known
    keys, current = _assign_keys(seen), _find_current(seen, request.path)
    for section in SECTIONS:
        found = [item for item in seen if item.section == section]
        if found:
            yield section, [_show(item, request, keys.get(item.url_name, ""), item == current) for item in found]


def visible_items(user: User) -> list[NavItem]:
    """What a user may open, in the side bar's order."""
    ordered = sorted(_items.values(), key=lambda item: (SECTIONS.index(item.section), item.order))
    return [item for item in ordered if _may_see(user, item)]


def or_first_page(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Around the view of `/`: who may not open it is led to their first entry that asks for a permission."""

    @wraps(view)
    def led(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except PermissionDenied:
            first = next((item for item in visible_items(request.user) if item.permission), None)
            if first is None:
                raise
            return redirect(first.url_name)

    return led


def _may_see(user: User, item: NavItem) -> bool:
    if not isinstance(user, PermissionsMixin) or not user.is_authenticated:
        return False
    if item.staff_only and not getattr(user, "is_staff", False):
        return False
    return not item.permission or user.has_perm(item.permission)


def _assign_keys(items: list[NavItem]) -> dict[str, str]:
    """From address name to letter; asked-for letters first."""
    taken = {item.key: item.url_name for item in reversed(items) if item.key}
    for item in items:
        if not item.key:
            taken.setdefault(item.label[0].lower(), item.url_name)
    return {name: key for key, name in taken.items()}


def _find_current(items: list[NavItem], path: str) -> NavItem | None:
    """The one with the longest address that the path begins with; the first page is only itself."""
    above = [
        (url, item)
        for item in items
        if (url := reverse(item.url_name)) == path or (path.startswith(url) and url != "/")
    ]
    return max(above, key=lambda found: len(found[0]))[1] if above else None


def _show(item: NavItem, request: HttpRequest, key: str, is_current: bool) -> Entry:
    return Entry(item, reverse(item.url_name), is_current, key, item.count(request) if item.count else 0)
