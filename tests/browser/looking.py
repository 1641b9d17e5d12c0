"""Looks at a page from every side: both themes, wide and narrow, and whether it scrolls sideways at 320 px."""

from typing import Any

from playwright.sync_api import Page, ViewportSize

from tests.browser.accessibility import ALL_BUT_COLOURS, COLOURS_ONLY, EVERY_RULE, violations
from tests.browser.pages import NARROW, SMALLEST, overflow
from tests.browser.site import DESKTOP, Theme

Look = tuple[str, ViewportSize, Theme, dict[str, Any]]
# Colours are three quarters of a look's time, and only tokens name them, whose pairs are all checked in both themes
# (tests/web/test_contrast.py).
LOOKS: tuple[Look, ...] = (
    ("wide, light", DESKTOP, "light", EVERY_RULE),
    ("narrow, dark", NARROW, "dark", ALL_BUT_COLOURS),
)
CROSSED: tuple[Look, ...] = (
    ("wide, light", DESKTOP, "light", EVERY_RULE),
    ("wide, dark", DESKTOP, "dark", COLOURS_ONLY),
    ("narrow, dark", NARROW, "dark", EVERY_RULE),
)
"""At colours in both themes: for pages that stand for others."""
STOOD_FOR: tuple[Look, ...] = (("narrow, dark", NARROW, "dark", ALL_BUT_COLOURS),)
"""At no colours, and where tables scroll and parts fold: for pages that others stand for."""


def look_at(page: Page, looks: tuple[Look, ...] = LOOKS) -> dict[str, list[str]]:
    """What is wrong, by how the page was looked at; empty when nothing is."""
    found: dict[str, list[str]] = {}
    for label, size, theme, rules in looks:
        set_look(page, size, theme)
        found[label] = violations(page, rules)
    page.set_viewport_size(SMALLEST)
    found["320 px wide"] = overflow(page)
    return {label: troubles for label, troubles in found.items() if troubles}


def set_look(page: Page, size: ViewportSize = DESKTOP, theme: Theme = "light") -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
