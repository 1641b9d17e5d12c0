"""The theme and the single keys: cookies that work without scripts."""

import pytest
from django.test import Client


def test_a_theme_is_set_by_a_form_and_shown_by_the_server(as_mira: Client) -> None:
    answer = as_mira.post("/preferences/", {"theme": "dark", "next": "/account/?a=1"})
    assert answer["Location"] == "/account/?a=1"
    cookie = answer.cookies["theme"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert '<html lang="en" data-now="' in (html := as_mira.get("/account/").content.decode())
    assert ' data-theme="dark"' in html


def test_following_the_system_sets_nothing_on_the_page(as_mira: Client) -> None:
    as_mira.post("/preferences/", {"theme": "dark"})
    as_mira.post("/preferences/", {"theme": "system"})
    assert ' data-theme="' not in as_mira.get("/account/").content.decode()


def test_single_keys_can_be_switched_off(as_mira: Client) -> None:
    as_mira.post("/preferences/", {"keys": "off"})
    assert ' data-keys="off"' in as_mira.get("/account/").content.decode()
    as_mira.post("/preferences/", {"keys": "on"})
    assert ' data-keys="off"' not in as_mira.get("/account/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
def test_the_way_back_is_on_this_site(as_mira: Client, elsewhere: str) -> None:
    assert as_mira.post("/preferences/", {"theme": "dark", "next": elsewhere})["Location"] == "/login/"


def test_what_is_unknown_changes_nothing(as_mira: Client) -> None:
    answer = as_mira.post("/preferences/", {"theme": "neon", "keys": "maybe"})
    assert "theme" not in answer.cookies
    assert "keys" not in answer.cookies


def test_a_cookie_that_was_tampered_with_is_the_default(as_mira: Client) -> None:
    as_mira.cookies["theme"] = '"><script>'
    assert ' data-theme="' not in as_mira.get("/account/").content.decode()


def test_a_script_needs_no_page_in_answer(as_mira: Client) -> None:
    answer = as_mira.post("/preferences/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.cookies["theme"].value) == (204, "dark")
