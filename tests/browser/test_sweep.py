"""Every page, with real rows in it: nothing in the console, nothing refused, nothing from elsewhere, accessible."""

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from benchmarks.pages.addresses import Address, Route, routes
from tests.browser.accessibility import COLOURS_ONLY, EVERY_RULE, violations
from tests.browser.conftest import Visit
from tests.browser.pages import ERROR_PAGES, FOREIGN, NARROW, SMALLEST, is_page, open_page, overflow, page_addresses
from tests.browser.site import DESKTOP, Site, Theme

pytestmark = pytest.mark.one_database
STATES = ("failed", "large", "running", "completed")
# A look takes a second or more: the failed execution has nearly every part that pages have, the large one folded ones.
LOOKED_AT = {"failed"}
FOLDED = {"execution", "execution-graph", "execution-tasks"}
PAGES = [route for route in routes() if not route.is_api or route.pattern in FOREIGN]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.pattern or "overview")
def test_a_page_has_no_trouble_and_is_accessible(route: Route, visit: Visit, filled_site: Site) -> None:
    """Nothing in the console, nothing refused, nothing from elsewhere; axe-core finds nothing however one looks."""
    context = visit(filled_site)
    for address in page_addresses(filled_site, STATES):
        if address.route == route and is_page(context, address.url):
            page = open_page(context, address.url)
            assert page.title().strip(), f"{address.url} has no title"
            if not route.is_api and (address.label in LOOKED_AT or not route.parameters or is_folded(address)):
                assert look_at(page) == {}, address.url
            page.close()


def is_folded(address: Address) -> bool:
    return address.label == "large" and address.route.name in FOLDED


@pytest.mark.parametrize("path", ["/login/", *ERROR_PAGES])
def test_pages_for_strangers_and_errors_are_accessible_too(path: str, visit: Visit, filled_site: Site) -> None:
    context = visit(filled_site, is_known=path != "/login/", allows_error_pages=True)
    assert look_at(open_page(context, path)) == {}


def look_at(page: Page) -> dict[str, list[str]]:
    """What is wrong, by how the page was looked at. Another theme can only change colours."""
    looks: list[tuple[str, ViewportSize, Theme, dict[str, Any]]] = [
        ("wide, light", DESKTOP, "light", EVERY_RULE),
        ("wide, dark", DESKTOP, "dark", COLOURS_ONLY),
        ("narrow, dark", NARROW, "dark", EVERY_RULE),
        ("narrow, light", NARROW, "light", COLOURS_ONLY),
    ]
    found: dict[str, list[str]] = {}
    for label, size, theme, rules in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found[label] = violations(page, rules)
    page.set_viewport_size(SMALLEST)
    found["320 px wide"] = overflow(page)
    return {label: troubles for label, troubles in found.items() if troubles}
