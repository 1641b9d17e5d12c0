"""The side bar: who sees which entries, and which is current."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client, RequestFactory

from web import navigation
from web.navigation import NavItem


@pytest.fixture(autouse=True)
def _items() -> Iterator[None]:
    before = dict(navigation._items)
    navigation.register(NavItem("People", 1, "Groups", "team", "search", "auth.view_group", count=lambda request: 1204))
    yield
    navigation._items.clear()
    navigation._items.update(before)


def links(client: Client, address: str = "/account/") -> list[tuple[str, str]]:
    """The entries' names and the letters that lead to them."""
    html = client.get(address).content.decode()
    nav = html.partition('<nav class="nav"')[2].partition("</nav>")[0]
    return [
        (re.sub("<[^>]+>", "", text), key) for key, text in re.findall(r'<a [^>]*data-go="(.)"[^>]*>(.*?)</a>', nav)
    ]


def test_without_a_permission_there_is_what_everybody_may_see(as_mira: Client) -> None:
    assert [name for name, _ in links(as_mira)] == ["API"]


def test_permissions_and_being_staff_decide_on_the_rest(operator: Client) -> None:
    names = [name for name, _ in links(operator)]
    assert {"Overview", "Executions", "API", "Admin"} <= set(names)
    assert "Groups1 204" not in names


def test_an_entry_may_have_a_count(admin_client: Client) -> None:
    assert "Groups1\u202f204" in [name for name, _ in links(admin_client)]


def test_every_entry_has_a_letter_of_its_own(admin_client: Client) -> None:
    keys = [key for _, key in links(admin_client)]
    assert len(keys) == len(set(keys))


def test_the_entry_that_a_page_lies_under_is_current(admin_client: Client) -> None:
    html = admin_client.get("/search/?q=x").content.decode()
    (current,) = re.findall(r'<a href="([^"]*)"[^>]*aria-current="page"', html.partition('<nav class="nav"')[2])
    assert current == "/search/"


def test_nobody_sees_nothing(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    assert list(navigation.entries(request)) == []


def test_the_frame_asks_the_database_for_the_person_and_the_permissions_only(
    as_mira: Client, mira: User, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(4):  # type: ignore[operator]  # session, user, permissions of both kinds
        as_mira.get("/search/")
