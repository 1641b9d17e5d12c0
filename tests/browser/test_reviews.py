"""A reviewer's work in a real browser: twenty items with keys only, somebody else in between, a login that runs out."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.looking import look_at
from tests.browser.site import Site, sign_in

pytestmark = pytest.mark.one_database
ITEMS = 20
REVIEW = re.compile(r"/reviews/0[0-9a-f-]{35}/$")


def start(context: BrowserContext) -> Page:
    """The inbox, and with one key the first item."""
    page = context.new_page()
    page.goto("/reviews/")
    page.keyboard.press("t")
    page.wait_for_url(REVIEW)
    return page


def decided(context: BrowserContext) -> dict[str, int]:
    """How many decisions of each kind ana has made, by REST."""
    rows = context.request.get("/api/v1/reviews?assignee=ana&status=decided&page_size=200").json()["results"]
    made: dict[str, int] = {}
    for row in rows:
        for one in context.request.get(f"/api/v1/reviews/{row['id']}").json()["decisions"]:
            if one["undone_at"] is None:
                made[one["decision"]] = made.get(one["decision"], 0) + 1
    return made


def approve(page: Page) -> None:
    page.keyboard.press("a")


def correct(page: Page) -> None:
    """To the field that needs a look, another value, sent from inside of it."""
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("2026-18")
    expect(page.locator("[data-approve-words]")).to_have_text("Approve with 1 edit")
    page.keyboard.press("Control+Enter")


def reject(page: Page) -> None:
    page.keyboard.press("r")
    expect(page.locator("#reason_code")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")


def test_twenty_items_are_decided_with_keys_only(visit: Visit, filled_site: Site) -> None:
    context = visit(filled_site, username="ana")
    before = decided(context)
    page = start(context)
    for number in range(ITEMS):
        address = page.url
        expect(page.locator("[data-approve]")).to_be_visible()
        (approve, correct, reject, approve)[number % 4](page)
        page.wait_for_url(lambda url, left=address: url != left and REVIEW.search(url) is not None)  # type: ignore[misc]
    made = {kind: number - before.get(kind, 0) for kind, number in decided(context).items()}
    assert made == {"approve": 10, "approve_with_edits": 5, "reject": 5}


def test_the_page_is_accessible_while_one_works_on_it(visit: Visit, filled_site: Site) -> None:
    page = start(visit(filled_site, username="ana"))
    page.keyboard.press("e")
    page.keyboard.type("9")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    assert look_at(page) == {}
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#reason_code")).to_be_focused()
    assert look_at(page) == {}


def test_somebody_else_has_it_meanwhile_and_nothing_that_was_written_is_lost(visit: Visit, filled_site: Site) -> None:
    operator = visit(filled_site)
    page = start(visit(filled_site, username="ana", allows_error_pages=True))
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("2026-99")
    _reassign(operator, page.url.rstrip("/").rsplit("/")[-1], "bea")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("belongs to Bea")
    assert "2026-99" in page.locator("#fields").inner_html()
    other = visit(filled_site, username="bea").new_page()
    other.goto(page.url.removesuffix("send/"))
    expect(other.locator("#review-bar")).to_contain_text("Yours")


def _reassign(context: BrowserContext, review_id: str, to: str) -> None:
    page = context.new_page()
    page.goto("/account/")
    token = next(cookie["value"] for cookie in context.cookies() if cookie.get("name") == "csrftoken")
    headers = {"X-CSRFToken": str(token), "Referer": page.url}
    answer = context.request.post(f"/api/v1/reviews/{review_id}/reassign", data={"to": to}, headers=headers)
    assert answer.ok, answer.text()
    page.close()


def test_a_login_that_runs_out_costs_nothing(visit: Visit, filled_site: Site) -> None:
    context = visit(filled_site, username="ana")
    page = start(context)
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("2026-77")
    context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/login/"))
    sign_in(page, "ana", filled_site.password)
    page.wait_for_url(REVIEW)
    expect(page.get_by_text("You had been signed out.")).to_be_visible()
    expect(page.get_by_label("Number", exact=True)).to_have_value("2026-77")


def test_what_is_typed_while_a_draft_is_being_saved_is_saved_too(visit: Visit, filled_site: Site) -> None:
    context = visit(filled_site, username="ana")
    page = start(context)
    held: list[Route] = []
    page.route("**/draft/", lambda route: route.continue_() if held else held.append(route))
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    with page.expect_request("**/draft/"):
        page.keyboard.type("2026-")
    page.keyboard.type("42")
    with page.expect_request("**/draft/"):
        held[0].continue_()
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    page.wait_for_load_state("networkidle")
    review_id = page.url.rstrip("/").rsplit("/")[-1]
    assert "2026-42" in context.request.get(f"/api/v1/reviews/{review_id}/draft").text()


def test_rows_of_a_list_are_added_and_removed_in_place(visit: Visit, filled_site: Site) -> None:
    page = start(visit(filled_site, username="ana"))
    rows: Any = page.locator(".rowset > fieldset")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Add to Lines").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1).get_by_label("Item", exact=True)).to_be_focused()
    page.keyboard.type("transport")
    page.get_by_role("button", name="Remove Lines 1").click()
    expect(rows).to_have_count(1)
    expect(rows.get_by_label("Item", exact=True)).to_have_value("transport")
