"""What axe-core finds on a page, as lines for people. Its source comes from the wheel of axe-playwright-python."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
COLOURS = ("color-contrast", "link-in-text-block")
"""What another theme can change."""
COLOURS_ONLY: dict[str, Any] = {**EVERY_RULE, "runOnly": COLOURS}
ALL_BUT_COLOURS: dict[str, Any] = {**EVERY_RULE, "rules": {rule: {"enabled": False} for rule in COLOURS}}
SHOWN = 3


def violations(page: Page, options: dict[str, Any] = EVERY_RULE) -> list[str]:
    """Each broken rule with the first few elements that break it."""
    if not page.evaluate("() => Boolean(globalThis.axe)"):
        page.evaluate(f"() => {{ {AXE} }}")
    found = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [_describe(violation) for violation in found]


def _describe(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}; {len(nodes)} elements"]
    for node in nodes[:SHOWN]:
        lines.append(f"    {node['html'][:200]}")
        lines.append(f"      {' '.join((node.get('failureSummary') or '').split())[:300]}")
    return "\n".join(lines)
