"""Looks at a page from every side: both themes, wide and narrow, and whether it scrolls sideways at 320 px."""

from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.browser.accessibility import COLOURS_ONLY, EVERY_RULE, violations
from tests.browser.pages import NARROW, SMALLEST, overflow
from tests.browser.site import DESKTOP, Theme

Look = tuple[str, ViewportSize, Theme, dict[str, Any]]
# Another theme can only change colours; and nothing that is seen at one width alone is missed in the dark.
LOOKS: tuple[Look, ...] = (
    ("wide, light", DESKTOP, "light", EVERY_RULE),
    ("wide, dark", DESKTOP, "dark", COLOURS_ONLY),
    ("narrow, dark", NARROW, "dark", EVERY_RULE),
)
# What only a narrow page has, in the light: looked at on pages that stand for the others.
CROSSED: Look = ("narrow, light", NARROW, "light", COLOURS_ONLY)


def look_at(page: Page, *, is_crossed: bool = True) -> dict[str, list[str]]:
    """What is wrong, by how the page was looked at; empty when nothing is. `is_crossed`: each theme at each width."""
    found: dict[str, list[str]] = {}
    for label, size, theme, rules in (*LOOKS, CROSSED) if is_crossed else LOOKS:
        set_look(page, size, theme)
        found[label] = violations(page, rules)
    page.set_viewport_size(SMALLEST)
    found["320 px wide"] = overflow(page)
    return {label: troubles for label, troubles in found.items() if troubles}


def set_look(page: Page, size: ViewportSize = DESKTOP, theme: Theme = "light") -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
