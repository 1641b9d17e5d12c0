"""What somebody typed before the scripts had come (`touched.js`)."""

import pytest
from playwright.sync_api import Page

from tests.browser.scripts.site import Show

OPTIONS = "<option>a<option{}>b"


def is_touched(page: Page) -> bool:
    found: bool = page.evaluate(
        """async () => (await import("/static/js/touched.js")).isTouched(document.querySelector("form"))"""
    )
    return found


@pytest.mark.parametrize(
    ("control", "do"),
    [
        ("<input value=a>", "c.value = 'b'"),
        ("<input value=a>", "c.value = ''"),
        ("<textarea>a\nb</textarea>", "c.value = 'a'"),
        ("<input type=date value=2026-06-18>", "c.value = ''"),
        ("<input type=date value='18 June'>", "c.value = '2026-06-18'"),
        ("<input type=number value=7>", "c.value = '8'"),
        ("<input type=checkbox>", "c.checked = true"),
        ("<input type=radio checked>", "c.checked = false"),
        (f"<select>{OPTIONS.format('')}</select>", "c.selectedIndex = 1"),
        (f"<select>{OPTIONS.format(' selected')}</select>", "c.selectedIndex = 0"),
    ],
)
def test_what_was_changed_is_seen_and_what_was_given_is_not(control: str, do: str, show: Show) -> None:
    page = show(f"<form>{control}</form>")
    assert not is_touched(page)
    page.evaluate(f"() => {{ const c = document.querySelector('form').elements[0]; {do} }}")
    assert is_touched(page)


@pytest.mark.parametrize(
    "control", ["<input type=date value='18 June'>", "<input type=number value='1.250,00'>", "<input type=hidden>"]
)
def test_what_the_browser_changes_is_nobodys(control: str, show: Show) -> None:
    page = show(f"<form>{control}</form>")
    page.evaluate(
        "() => { const c = document.querySelector('form').elements[0]; if (c.type === 'hidden') c.value = 1 }"
    )
    assert not is_touched(page)
