"""One look at a page from every side: both themes, wide and narrow, and whether it scrolls sideways at 320 px."""

from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.browser.accessibility import COLOURS_ONLY, EVERY_RULE, violations
from tests.browser.pages import NARROW, SMALLEST, overflow
from tests.browser.site import DESKTOP, Theme

# Another theme can only change colours.
LOOKS: tuple[tuple[str, ViewportSize, Theme, dict[str, Any]], ...] = (
    ("wide, light", DESKTOP, "light", EVERY_RULE),
    ("wide, dark", DESKTOP, "dark", COLOURS_ONLY),
    ("narrow, dark", NARROW, "dark", EVERY_RULE),
    ("narrow, light", NARROW, "light", COLOURS_ONLY),
)


def look_at(page: Page) -> dict[str, list[str]]:
    """What is wrong, by how the page was looked at; empty when nothing is."""
    found: dict[str, list[str]] = {}
    for label, size, theme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found[label] = violations(page, rules)
    page.set_viewport_size(SMALLEST)
    found["320 px wide"] = overflow(page)
    return {label: troubles for label, troubles in found.items() if troubles}
