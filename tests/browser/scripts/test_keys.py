"""Single keys (`keys.js`)."""

import pytest
from playwright.sync_api import expect

from tests.browser.scripts.site import ADDRESS, Show, make_table


def test_j_and_k_move_x_selects_enter_opens(show: Show) -> None:
    page = show(make_table())
    page.keyboard.press("j")
    expect(page.locator("#row0")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("j")
    expect(page.locator("#row3")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("#box2")).to_be_checked()
    expect(page.locator("#row2")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/row/2/")


@pytest.mark.parametrize(("keys", "leads_to"), [("ge", "/executions/"), ("n", "/new/"), ("N", "/new/")])
def test_letters_lead_to_pages(show: Show, keys: str, leads_to: str) -> None:
    page = show("")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(f"**{leads_to}")


def test_the_sheet_lists_what_this_page_has(show: Show) -> None:
    page = show("")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys dt")).to_have_text(["Run a pipeline"])


def test_the_search_key_goes_to_the_pages_own_field(show: Show) -> None:
    page = show('<input type="search" value="old">')
    page.keyboard.press("/")
    page.keyboard.type("n e/w")
    expect(page.locator("main input")).to_have_value("n e/w")
    assert page.url == f"{ADDRESS}/"


def test_without_a_field_it_opens_the_palette(show: Show) -> None:
    page = show("")
    page.keyboard.press("/")
    expect(page.locator("#palette")).to_be_visible()


def test_single_keys_can_be_off_and_ctrl_k_stays(show: Show) -> None:
    page = show("", ' data-keys="off"')
    page.keyboard.press("n")
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#keys")).to_be_hidden()
    assert page.url == f"{ADDRESS}/"
