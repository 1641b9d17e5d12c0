"""Fixtures of the tests of scripts: a Chromium, and pages in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import run_chromium
from tests.plugin import NOT_RUN
from tests.services import ServiceMissing
from tests.web.scripts.site import ADDRESS, Show, Site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    try:
        with run_chromium() as chromium:
            yield chromium
    except ServiceMissing as error:
        pytest.skip(NOT_RUN + str(error))


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
