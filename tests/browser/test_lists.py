"""Lists as people use them: what is filled in is what is shown, and what a row says can be read."""

import re

import pytest
from playwright.sync_api import Locator, ViewportSize, expect

from tests.browser.conftest import Visit
from tests.browser.pages import NARROW
from tests.browser.site import DESKTOP, Site

pytestmark = pytest.mark.one_database
SMALL: ViewportSize = {"width": 1280, "height": 900}
TABLET: ViewportSize = {"width": 768, "height": 1000}
IS_CUT = "found => found.filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"


def cut(found: Locator) -> list[str]:
    """The words of those that do not fit their place."""
    expect(found.first).to_be_visible()
    return list(found.evaluate_all(IS_CUT))


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


@pytest.mark.parametrize("size", [DESKTOP, SMALL, TABLET, NARROW], ids=lambda size: str(size["width"]))
def test_the_names_of_a_timeline_are_shown_in_full(size: ViewportSize, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, viewport=size).new_page()
    page.goto(f"/executions/{filled_site.subjects['large'].values['execution_id']}/")
    assert cut(page.locator(".gantt .task .clip")) == []


@pytest.mark.parametrize("size", [DESKTOP, SMALL], ids=lambda size: str(size["width"]))
def test_the_table_of_executions_fits_with_every_id(size: ViewportSize, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, viewport=size).new_page()
    page.goto("/executions/")
    assert cut(page.get_by_role("region", name="Table of executions")) == []
    assert cut(page.locator(".table--runs .id")) == []


def test_on_a_phone_an_execution_can_be_selected(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, viewport=NARROW).new_page()
    page.goto("/executions/")
    page.get_by_role("checkbox", name=re.compile("^Select (?!all)")).first.check()
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 selected")


def test_the_time_of_an_event_stands_beside_its_icon(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto(f"/executions/{filled_site.subjects['failed'].values['execution_id']}/events/")
    line = page.locator(".events li").first
    time, icon = line.locator("time").bounding_box(), line.locator(".icon").bounding_box()
    assert time
    assert icon
    assert time["x"] + time["width"] < icon["x"]


def test_a_graph_opens_at_the_task_that_failed(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, viewport=NARROW).new_page()
    page.goto(f"/executions/{filled_site.subjects['failed'].values['execution_id']}/graph/")
    node, box = page.locator(".dag .s-failed").first.bounding_box(), page.locator(".dag").bounding_box()
    assert node
    assert box
    assert box["x"] <= node["x"] <= node["x"] + node["width"] <= box["x"] + box["width"]
