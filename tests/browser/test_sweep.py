"""Every page, with real rows in it: nothing in the console, nothing refused, nothing from elsewhere, accessible.

All of them are opened one after the other in one tab, as a new window costs more than most pages.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.pages.addresses import Address, Route, routes
from tests.browser.conftest import Visit
from tests.browser.looking import CROSSED, STOOD_FOR, look_at, set_look
from tests.browser.pages import ERROR_PAGES, FOREIGN, is_page, open_page, page_addresses
from tests.browser.site import Site
from tests.browser.watch import Watch

pytestmark = pytest.mark.one_database
STATES = ("failed", "large", "running", "completed")
# A page that is not about an execution does not show its state, but may show a large pipeline.
SIZES = ("failed", "large")
# A look takes a second: the failed execution has nearly every part that pages have, the large one folded ones.
LOOKED_AT = {"failed"}
FOLDED = {"execution", "execution-graph", "execution-tasks"}
# Between them they have every part that pages are made of.
STANDING_FOR_OTHERS = {
    "overview",
    "executions",
    *FOLDED,
    "pipeline-edit",
    "pipeline-compare",
    "model-version",
    "reviews",
    "review",
    "monitoring",
    "alert",
    "cache",
}
PAGES = [route for route in routes() if not route.is_api or route.pattern in FOREIGN]


@pytest.fixture(scope="module")
def window(browser: Browser, filled_site: Site) -> Iterator[tuple[Page, Watch]]:
    """One tab for all pages."""
    context = filled_site.visit(browser)
    watch = Watch(context, filled_site.address)
    yield context.new_page(), watch
    context.close()
    watch.check()


@pytest.fixture
def tab(window: tuple[Page, Watch]) -> Iterator[Page]:
    """The tab; there may have been no trouble when the test is over."""
    page, watch = window
    yield page
    watch.check()


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.pattern or "overview")
def test_a_page_has_no_trouble_and_is_accessible(route: Route, tab: Page, filled_site: Site) -> None:
    """Nothing in the console, nothing refused, nothing from elsewhere; axe-core finds nothing however one looks."""
    states = STATES if "execution_id" in route.parameters else SIZES
    for address in page_addresses(filled_site, states):
        if address.route == route and is_page(tab.context, address.url):
            set_look(tab)
            tab.goto(address.url)
            assert tab.title().strip(), f"{address.url} has no title"
            if not route.is_api and (address.label in LOOKED_AT or not route.parameters or is_folded(address)):
                is_crossed = route.name in STANDING_FOR_OTHERS and address.label != "large"
                assert look_at(tab, CROSSED if is_crossed else STOOD_FOR) == {}, address.url


def is_folded(address: Address) -> bool:
    return address.label == "large" and address.route.name in FOLDED


@pytest.mark.parametrize("path", ["/login/", *ERROR_PAGES])
def test_pages_for_strangers_and_errors_are_accessible_too(path: str, visit: Visit, filled_site: Site) -> None:
    context = visit(filled_site, username="" if path == "/login/" else None, allows_error_pages=True)
    assert look_at(open_page(context, path)) == {}
