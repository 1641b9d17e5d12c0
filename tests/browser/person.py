"""Somebody in front of a browser: finds things by what they are called, and reads what the page says.

Owns what differs without scripts: then a person presses a button to be told, and reloads to see news.
"""

import re
import time
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import PATIENCE_MS, Site, sign_in

RELOAD_SECONDS = 0.5
# A mark on the window, which a reload or another page would take away.
LEAVE_MARK = "() => { window.isStillTheSamePage = true; }"
FIND_MARK = "() => window.isStillTheSamePage === true"


@dataclass
class Person:
    """A page and whether scripts run in it."""

    page: Page
    has_scripts: bool

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def headline(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def arrive(self, site: Site) -> None:
        """Open the address that `serve` printed, and log in with what it printed."""
        self.page.goto(site.address)
        sign_in(self.page, site.username, site.password)
        expect(self.page).to_have_url(site.address)

    def go_to(self, label: str) -> None:
        """By the side bar."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=label).click()

    def follow(self, label: str | re.Pattern[str]) -> None:
        """A link of the page itself."""
        self.main.get_by_role("link", name=label).first.click()

    def press(self, label: str | re.Pattern[str]) -> None:
        self.main.get_by_role("button", name=label).first.click()

    def write_definition(self, text: str) -> None:
        """Into the editor; it is checked while one types, or on request."""
        self.page.locator("#source").fill(text)
        if not self.has_scripts:
            self.press(re.compile("^Check"))

    def read_definition(self) -> str:
        return self.page.locator("#source").input_value()

    def watch(self, says: re.Pattern[str]) -> None:
        """Until the headline says so: by itself when scripts run, else by reloading."""
        if self.has_scripts:
            self.page.evaluate(LEAVE_MARK)
            expect(self.headline).to_contain_text(says, timeout=PATIENCE_MS * 2)
            assert self.page.evaluate(FIND_MARK), "the page was loaded anew, and should have followed by itself"
            return
        deadline = time.monotonic() + 2 * PATIENCE_MS / 1000
        while not says.search(self.headline.inner_text()) and time.monotonic() < deadline:
            time.sleep(RELOAD_SECONDS)
            self.page.reload()
        expect(self.headline).to_contain_text(says)
