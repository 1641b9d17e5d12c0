"""Parts of a page that follow what they show (`live.js`)."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.scripts.site import Show, Site


def part(version: int, inside: str = "", attributes: str = 'data-live="/part/"') -> str:
    return (
        f'<section id="part" {attributes} data-version="{version}" data-seconds="2">'
        f"<h2>{version}</h2>{inside}</section>"
    )


def test_a_live_part_asks_with_its_version_and_shows_the_answer(show: Show, site: Site) -> None:
    site.answers = [{"status": 204}, {"body": part(8)}, {"status": 204}]
    page = show(part(7))
    page.clock.run_for(2_100)
    site.wait_until_asked(page, 1)
    expect(page.locator("h2")).to_have_text("7")
    page.clock.run_for(2_100)
    expect(page.locator("h2")).to_have_text("8")
    page.clock.run_for(2_100)
    site.wait_until_asked(page, 3)
    assert site.asked == ["/part/?version=7", "/part/?version=7", "/part/?version=8"]


def test_what_a_person_did_to_the_part_survives_its_change(show: Show, site: Site) -> None:
    inside = '<details><summary>More</summary><input id="note"></details><ul id="list"><li>a<li>b</ul>'
    site.answers = [{"body": part(8, inside.replace("<li>a", "<li>new<li>a"))}]
    page = show(part(7, inside))
    page.click("summary")
    page.fill("#note", "typed")
    page.clock.run_for(2_100)
    expect(page.locator("h2")).to_have_text("8")
    expect(page.locator("li")).to_have_text(["new", "a", "b"])
    expect(page.locator("#note")).to_have_value("typed")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("details")).to_have_attribute("open", "")


@pytest.mark.parametrize(
    "last", [{"body": part(8, attributes="")}, {"body": part(8), "headers": {"Live-Final": "true"}}]
)
def test_the_asking_ends_with_the_last_version(show: Show, site: Site, last: dict[str, Any]) -> None:
    site.answers = [last]
    page = show(part(7))
    page.clock.run_for(2_100)
    expect(page.locator("h2")).to_have_text("8")
    page.clock.run_for(300_000)
    assert len(site.asked) == 1
    expect(page.locator("[data-live-pause]")).to_be_hidden()


def test_one_answer_may_change_other_parts_and_the_title(show: Show, site: Site) -> None:
    changed = part(8, attributes='data-live="/part/" data-title="Completed" data-announce="It has completed"')
    site.answers = [{"body": changed + '<p id="other">after</p><p id="unknown">no</p>'}]
    page = show(part(7) + '<p id="other">before</p>')
    page.clock.run_for(2_100)
    expect(page.locator("#other")).to_have_text("after")
    expect(page).to_have_title("Completed")
    expect(page.locator("[data-announcer]")).to_have_text("It has completed")
    expect(page.locator("#unknown")).to_have_count(0)


def test_a_server_that_fails_is_asked_less_and_less_often(show: Show, site: Site) -> None:
    site.answers = [{"status": 500}]
    page = show(part(7))
    for times, seconds in enumerate((2, 4, 8, 16), start=1):
        # The next question is planned when the answer is there, not when it is sent.
        with page.expect_event("response"):
            page.clock.run_for(seconds * 1000 + 100)
        page.evaluate("0")
        site.wait_until_asked(page, times)
    expect(page.locator("[data-updated]")).to_have_text("The server does not answer; trying again")
    assert len(site.asked) == 4
    site.answers = [{"body": part(8)}]
    page.clock.run_for(32_100)
    expect(page.locator("h2")).to_have_text("8")
    expect(page.locator("[data-updated]")).to_contain_text("Updated")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 401}, "Signed out: reload to sign in"),
        ({"status": 302, "headers": {"Location": "/login/"}}, "Signed out: reload to sign in"),
        ({"status": 403}, "You may no longer see this"),
        ({"status": 404}, "This is no longer there"),
    ],
)
def test_what_cannot_be_asked_for_any_more_is_said_once(
    show: Show, site: Site, answer: dict[str, Any], said: str
) -> None:
    site.answers = [answer]
    page = show(part(7))
    page.clock.run_for(2_100)
    expect(page.locator("[data-updated]")).to_have_text(said)
    page.clock.run_for(300_000)
    assert len(site.asked) == 1


def test_paused_parts_ask_nothing_until_they_go_on(show: Show, site: Site) -> None:
    site.answers = [{"body": part(8)}]
    page = show(part(7))
    page.click("[data-live-pause]")
    expect(page.locator("[data-live-pause]")).to_have_attribute("aria-pressed", "true")
    page.clock.run_for(300_000)
    assert site.asked == []
    page.click("[data-live-pause]")
    expect(page.locator("h2")).to_have_text("8")
