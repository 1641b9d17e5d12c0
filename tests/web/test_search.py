"""Search: a page and a palette over what the apps registered."""

from collections.abc import Iterator

import pytest
from django.test import Client

from web import search
from web.navigation import User
from web.search import Hit


def find_fruit(user: User, text: str, limit: int) -> list[Hit]:
    fruit = [f"apple {n}" for n in range(40)] + ["<b>pear</b>"]
    return [Hit(name, "a fruit", f"/fruit/{n}/", "tag") for n, name in enumerate(fruit) if text in name][:limit]


@pytest.fixture(autouse=True)
def _provider() -> Iterator[None]:
    before = dict(search._providers)
    search._providers.clear()
    search.register("Fruit", find_fruit)
    yield
    search._providers.clear()
    search._providers.update(before)


def test_the_page_works_without_scripts(as_mira: Client) -> None:
    html = as_mira.get("/search/", {"q": "apple"}).content.decode()
    assert 'href="/fruit/24/"' in html
    assert 'href="/fruit/25/"' not in html
    assert "There are more" in html
    assert 'class="sidebar"' in html


def test_the_palette_gets_a_fragment_with_fewer(as_mira: Client) -> None:
    answer = as_mira.get("/search/", {"q": "apple"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.count('role="option"') == 5
    assert "<html" not in html
    assert "HX-Request" in answer["Vary"]


def test_what_is_found_is_escaped(as_mira: Client) -> None:
    assert "<b>pear" not in as_mira.get("/search/", {"q": "pear"}).content.decode()


def test_nothing_found_says_what_would_be(as_mira: Client) -> None:
    assert "Nothing matches “zebra”." in as_mira.get("/search/", {"q": "zebra"}).content.decode()


def test_without_a_text_there_are_the_pages_to_go_to(as_mira: Client) -> None:
    html = as_mira.get("/search/", headers={"HX-Request": "true"}).content.decode()
    assert 'href="/account/"' in html
    assert "/fruit/" not in html


@pytest.mark.parametrize("text", ["\x00", " ", "a" * 100_000, "%_\\'\"<>", "‮"])
def test_any_text_is_an_answer(as_mira: Client, text: str) -> None:
    assert as_mira.get("/search/", {"q": text[:4000]}).status_code == 200
    assert search.search(as_mira.get("/search/").wsgi_request.user, text, 5) is not None


def test_search_is_for_who_is_signed_in(visitor: Client, db: None) -> None:
    assert visitor.get("/search/?q=a")["Location"] == "/login/?next=/search/%3Fq%3Da"
