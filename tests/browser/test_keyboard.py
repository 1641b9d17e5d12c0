"""Everything can be done with the keyboard, and one sees where one is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site

pytestmark = pytest.mark.one_database

# Everything that can be operated now: not hidden, not in a closed menu, not reached by arrow keys within a widget.
REACHABLE = """() => {
  const operable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
  const radios = new Set();
  return [...document.querySelectorAll(operable)].filter((element) => {
    if (!seen(element) || element.tabIndex < 0) return false;
    if (element.type !== "radio") return true;
    return !radios.has(element.name) && radios.add(element.name);
  }).map((element) => (element.dataset.proof = Math.random().toString(36).slice(2)));
}"""
# The element that has the focus: which one, what it is, and whether one sees it (itself or the box around it).
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const marked = (candidate) => {
    const style = getComputedStyle(candidate);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const around = [element, element.parentElement, element.closest("label, .search, .field, .hit")].filter(Boolean);
  return { id: element.dataset.proof ?? null, is_seen: around.some(marked), html: element.outerHTML.slice(0, 160) };
}"""


def tab_through(page: Page) -> list[dict[str, object]]:
    """What has the focus after each press of Tab, until it leaves the page."""
    found: list[dict[str, object]] = []
    while len(found) < 600:
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        found.append(focused)
    return found


@pytest.mark.parametrize("path", ["/", "/executions/?state=failed", "/pipelines/", "execution", "/account/"])
def test_tab_reaches_everything_and_the_focus_is_seen(path: str, visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    failed = filled_site.subjects["failed"].values["execution_id"]
    page.goto(f"/executions/{failed}/" if path == "execution" else path)
    wanted = set(page.evaluate(REACHABLE))
    reached = tab_through(page)
    missed = wanted - {focused["id"] for focused in reached}
    assert [page.locator(f"[data-proof='{key}']").evaluate("(e) => e.outerHTML.slice(0, 200)") for key in missed] == []
    assert [focused["html"] for focused in reached if not focused["is_seen"]] == []


def test_the_first_tab_offers_to_skip_to_the_content(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/executions/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_ctrl_k_finds_a_pipeline_and_opens_it(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    pipeline = str(filled_site.subjects["completed"].values["pipeline_id"])
    page.goto("/account/")
    page.keyboard.press("Control+K")
    palette = page.get_by_role("dialog", name="Search or jump to")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(pipeline[:-1])
    found = palette.get_by_role("option", selected=True)
    expect(found).to_contain_text(pipeline)
    expect(palette.get_by_role("option", name="Overview")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/pipelines/{pipeline}/$"))


def test_escape_closes_the_palette_and_gives_the_focus_back(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/executions/")
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Pipelines")
    link.focus()
    page.keyboard.press("Control+K")
    expect(page.get_by_role("dialog", name="Search or jump to")).to_be_visible()
    page.keyboard.type("pipe")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Search or jump to")).to_be_hidden()
    expect(link).to_be_focused()


def test_a_question_mark_shows_the_keys(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/executions/")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Next row")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_rows_are_walked_selected_and_opened(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/executions/?state=completed")
    rows = page.get_by_role("table").get_by_role("row")
    first, second = rows.nth(1).get_by_role("link").first, rows.nth(2).get_by_role("link").first
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("x")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 selected")
    wanted = first.get_attribute("href")
    first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{wanted}$"))


def test_g_and_a_letter_go_somewhere_and_a_slash_searches(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url(re.compile("/executions/$"))  # and for its scripts
    page.keyboard.press("/")
    expect(page.get_by_role("main").get_by_role("searchbox").first).to_be_focused()
    page.keyboard.type("jjj?")
    expect(page.get_by_role("main").get_by_role("searchbox").first).to_have_value("jjj?")


def test_single_keys_can_be_switched_off(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto("/account/")
    page.get_by_role("radio", name=re.compile("^Off")).check()
    page.get_by_role("button", name="Save for this browser").click()
    expect(page.get_by_role("radio", name=re.compile("^Off"))).to_be_checked()
    page.goto("/executions/")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert page.evaluate("() => document.activeElement === document.body")


def test_tab_leaves_the_editor_after_escape(visit: Visit, filled_site: Site) -> None:
    page = visit(filled_site).new_page()
    page.goto(f"/pipelines/{filled_site.subjects['failed'].values['pipeline_id']}/edit/")
    source = page.locator("#source")
    before = source.input_value()
    source.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Tab")
    expect(source).to_be_focused()
    assert source.input_value() != before
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(source).not_to_be_focused()
