"""Fixtures of the tests of scripts: pages that no server stands behind."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.scripts.site import ADDRESS, Show, Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def show(browser: Browser, site: Site) -> Iterator[Show]:
    """Opens a page with this body, its scripts started and its clock in our hands."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_page(body: str, attributes: str = "") -> Page:
        site.body, site.attributes = body, attributes
        page.route(f"{ADDRESS}/**", site.handle)
        page.clock.install()
        page.goto(f"{ADDRESS}/")
        page.wait_for_function("document.documentElement.dataset.script !== undefined")
        return page

    yield open_page
    page.close()
    assert errors == []
