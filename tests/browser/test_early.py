"""Somebody types before a page's scripts have come, as on a slow line: nothing of it may be missed."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site

pytestmark = pytest.mark.one_database
DEFINITION = "name: early\ninputs: {text: string}\ntasks:\n" + "".join(
    f"  - name: {name}\n    type: validation\n    parameters: {{value: '{{input.text}}', rules: []}}\n" for name in "ab"
)


class Slow:
    """Scripts of this name are held back until `come` is called."""

    def __init__(self, page: Page, script: str) -> None:
        self._held: list[Route] = []
        page.route(re.compile(rf"/{script}(\.\w+)?\.js"), self._hold)
        self._page = page

    def _hold(self, route: Route) -> None:
        self._held.append(route)

    def come(self) -> None:
        while not self._held:
            self._page.wait_for_timeout(20)
        for route in self._held:
            route.continue_()


def test_a_definition_is_checked_and_kept(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    editor = Slow(page, "editor")
    page.goto("/pipelines/new/", wait_until="commit")
    page.locator("#source").fill(DEFINITION)
    editor.come()
    expect(page.get_by_role("main")).to_contain_text("2 tasks in ")
    expect(page.locator("[data-draft-kept]")).to_contain_text("Draft kept")


def test_a_correction_is_saved(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, username="bea").new_page()
    page.goto("/reviews/")
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"/reviews/0[0-9a-f-]{35}/$"))
    review = Slow(page, "review")
    page.goto(page.url, wait_until="commit")
    page.locator("[data-answer] [data-was]:is(input:not([type]), input[type=text], textarea)").first.fill("2026-18")
    review.come()
    expect(page.locator("[data-approve-words]")).to_have_text("Approve with 1 edit")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
