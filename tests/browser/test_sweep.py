"""Every page, with real rows in it: nothing in the console, nothing refused, nothing from elsewhere, accessible."""

import pytest

from benchmarks.pages.addresses import Address, Route, routes
from tests.browser.conftest import Visit
from tests.browser.looking import look_at
from tests.browser.pages import ERROR_PAGES, FOREIGN, is_page, open_page, page_addresses
from tests.browser.site import Site

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
    context = visit(filled_site, username="" if path == "/login/" else None, allows_error_pages=True)
    assert look_at(open_page(context, path)) == {}
