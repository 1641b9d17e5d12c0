"""Pages as no plain address shows them: empty, refused, with mistakes in a form, with something open over them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.looking import look_at
from tests.browser.site import Site

pytestmark = pytest.mark.one_database
MINUTE_MS = 60_000
Open = Callable[[Page, Site], object]


def open_palette(page: Page, site: Site) -> None:
    page.goto("/account/")
    page.keyboard.press("Control+K")
    page.keyboard.type("in")
    expect(page.get_by_role("option").first).to_be_visible()


def open_keys(page: Page, site: Site) -> None:
    page.goto("/pipelines/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def open_cancel_dialog(page: Page, site: Site) -> None:
    page.goto(execution(site, "running"))
    page.get_by_role("main").get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_contain_text("Cancel the execution")


def open_run_again(page: Page, site: Site) -> None:
    page.goto(execution(site, "failed"))
    page.get_by_role("main").get_by_role("button", name=re.compile("^Run again$")).click()
    expect(page.get_by_role("button", name="With the same input")).to_be_visible()


def open_task_beside(page: Page, site: Site) -> None:
    page.goto(f"{execution(site, 'failed')}?task={site.subjects['failed'].values['name']}")


def open_bulk_preview(page: Page, site: Site) -> None:
    page.goto("/executions/")
    for number in (1, 2, 8):
        page.get_by_role("row").nth(number).get_by_role("checkbox").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name=re.compile("^Cancel")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancel")


def open_wrong_filters(page: Page, site: Site) -> None:
    page.goto("/executions/?pipeline=nothing&label=nothing&state=odd&since=2026-02-01T00:00&until=2026-01-01T00:00")
    expect(page.get_by_text("No pipeline is registered as")).to_be_visible()


def open_wrong_input(page: Page, site: Site) -> None:
    page.goto(f"/pipelines/{site.subjects['completed'].values['pipeline_id']}/run/")
    page.get_by_label(re.compile("^priority")).fill("high")
    page.get_by_role("button", name="Start the execution").click()
    expect(page.get_by_label(re.compile("^priority"))).to_have_attribute("aria-invalid", "true")


def open_mistakes(page: Page, site: Site) -> None:
    page.goto("/pipelines/new/")
    page.locator("#source").fill("name: odd\ntasks:\n  - name: a\n    type: extracton\n    dependencies: [b]\n")
    expect(page.get_by_text(re.compile("errors? keeps? this from being saved"))).to_be_visible()


def execution(site: Site, state: str) -> str:
    return f"/executions/{site.subjects[state].values['execution_id']}/"


STATES: tuple[Open, ...] = (
    open_palette,
    open_keys,
    open_cancel_dialog,
    open_run_again,
    open_task_beside,
    open_bulk_preview,
    open_wrong_filters,
    open_wrong_input,
    open_mistakes,
)


@pytest.mark.parametrize("open_state", STATES, ids=lambda opened: opened.__name__.removeprefix("open_"))
def test_a_page_with_something_open_or_wrong_is_accessible(open_state: Open, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, allows_error_pages=True).new_page()
    open_state(page, filled_site)
    assert look_at(page) == {}


@pytest.mark.parametrize("path", ["/", "/executions/", "/pipelines/", "/search/?q=nothing"])
def test_a_page_without_rows_is_accessible_and_says_what_next(path: str, visit: Visit, empty_site: Site) -> None:
    page = visit(empty_site).new_page()
    page.goto(path)
    expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()
    assert look_at(page) == {}


@pytest.mark.parametrize("path", ["/", "/executions/", "/pipelines/", "/pipelines/new/"])
def test_somebody_without_permission_is_told_so(path: str, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site, username="stranger", allows_error_pages=True).new_page()
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 403
    assert look_at(page) == {}


def test_an_operator_stops_live_updates(visit: Visit, filled_site: Site) -> None:
    """WCAG 2.2.2: what moves by itself can be paused."""
    page = visit(filled_site).new_page()
    page.clock.install()
    page.goto("/executions/")
    with page.expect_response(re.compile(r"[?&]version=")):
        page.clock.run_for(MINUTE_MS)
    page.get_by_role("button", name="Pause live updates").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(MINUTE_MS)
    assert asked == []
