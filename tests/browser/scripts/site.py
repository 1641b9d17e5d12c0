"""A page for our scripts that no server stands behind: what it asks for is answered here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page, Route

ADDRESS = "http://testing.example"
STATIC: Path = settings.BASE_DIR / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
FRAME = """<!doctype html><html lang="en" data-now="{now}"{attributes}><title>Test</title>
<span data-updated hidden></span><button data-live-pause hidden>Pause</button><p data-announcer></p>
<main>{body}</main>
<a href="/executions/" data-go="e">Executions</a>
<a href="/new/" data-shortcut="n">Run a pipeline <kbd class="kbd">N</kbd></a>
<dialog id="keys"><div data-page-keys hidden><dl></dl></div></dialog>
<dialog id="palette"><input></dialog>
<dialog id="dialog"></dialog>
<script type="module" src="/static/js/app.js"></script>"""

TABLE = """<form data-selection><input type="checkbox" data-select-all><table data-rows><tbody>{rows}</tbody></table>
<div data-bulk><b data-bulk-count></b><button type="button" data-select-none>None</button></div></form>"""
ROW = (
    '<tr><td><input type="checkbox" data-select id="box{n}"></td>'
    '<th class="lead"><a href="/row/{n}/" id="row{n}">{n}</a></th></tr>'
)

Show = Callable[..., Page]


@dataclass
class Site:
    """`asked` is what a page asked for under /part/; it gets `answers` one after the other, the last one for ever."""

    body: str = ""
    attributes: str = ""
    asked: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def handle(self, route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        elif path.startswith("/part/"):
            self.asked.append(path)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            route.fulfill(**{"content_type": "text/html", **answer})
        else:
            now = datetime.now(UTC).isoformat()
            html = FRAME.format(now=now, attributes=self.attributes, body=self.body)
            route.fulfill(body=html, content_type="text/html")

    def wait_until_asked(self, page: Page, times: int) -> None:
        """The clock is ours, the network's time is not."""
        for _ in range(100):
            if len(self.asked) >= times:
                return
            page.wait_for_timeout(20)
        raise AssertionError(f"asked for {self.asked}, expected {times}")


def make_table() -> str:
    """Four rows to move among and to select."""
    return TABLE.format(rows="".join(ROW.format(n=n) for n in range(4)))
