"""Lists as people use them: what is filled in is what is shown, and what a row says can be read."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.site import Site

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("path", ["/executions/", "/pipelines/", "/registry/", "/reviews/"])
def test_after_back_a_filter_says_what_is_shown(path: str, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto(path)
    field = page.get_by_role("main").get_by_role("search").get_by_role("searchbox")
    field.fill("zzzz")
    field.press("Enter")
    page.wait_for_url(re.compile("zzzz"))
    page.go_back()
    page.wait_for_load_state()
    expect(field).to_have_value("")
