"""The machine's own Chromium, driven by Playwright; nothing is downloaded.

Playwright's synchronous interface keeps an event loop running in its thread, and Django refuses database work there.
So it is started for this package's tests and stopped after the last of them, and they ask for rows over HTTP only.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.services import ServiceMissing

# The shell is Chromium without a window of its own: new windows cost half as much.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    # The browser itself asks nobody for anything either.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--no-opt --no-maglev",  # no page lives long enough to be worth its optimisation
)


def find_chromium() -> str:
    """The browser named by CHROMIUM, else one on the PATH. Raises `ServiceMissing`."""
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        where = f"CHROMIUM={named} cannot be run" if named else f"none of {', '.join(NAMES)} is on the PATH"
        raise ServiceMissing(f"Chromium: {where}; install one (apt install chromium) or name it in CHROMIUM")
    return found


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """A headless browser. Raises `ServiceMissing`."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
