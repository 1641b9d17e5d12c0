"""`python -m tests.browser.screens FOLDER [WORD …]`: a picture of every page, at 1440 and 390 pixels, light and dark.

Words narrow down: `python -m tests.browser.screens /tmp/screens executions/ --states failed running`. The rows are like
those of the browser tests: executions in every state, one of many tasks; with `--executions 0` there are none.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import django
from playwright.sync_api import Browser, BrowserContext

from benchmarks.pages.addresses import Address
from tests.browser.chromium import run_chromium
from tests.browser.pages import ERROR_PAGES, NARROW, is_page, page_addresses
from tests.browser.site import DESKTOP, Site, Theme, start_filled
from tests.plugin import clean_environment
from tests.processes import Processes, run_python
from tests.reaper import get_reaper

SIZES = (DESKTOP, NARROW)
THEMES: tuple[Theme, ...] = ("light", "dark")
STATES = ("large", "failed", "running", "waiting", "completed")
EXECUTIONS, LARGE_TASKS = 400, 1000


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()  # for the URL configuration
    options.folder.mkdir(parents=True, exist_ok=True)
    with _filled(options.executions, options.large_tasks) as site, run_chromium() as browser:
        shots = list(_shots(site, browser, options.states, options.words))
        for size, theme in product(SIZES, THEMES):
            ending = f"{size['width']}-{theme}.png"
            with site.visit(browser, viewport=size, color_scheme=theme) as context:
                for name, path in shots:
                    _shoot(context, path, options.folder / f"{name}-{ending}", is_full=options.full)
            with site.visit(browser, username="", viewport=size, color_scheme=theme) as context:
                _shoot(context, "/login/", options.folder / f"login-{ending}", is_full=options.full)
    return 0


def _shoot(context: BrowserContext, path: str, target: Path, *, is_full: bool) -> None:
    page = context.new_page()
    page.goto(path)
    page.screenshot(path=target, full_page=is_full, animations="disabled")
    page.close()
    print(target)


def _shots(site: Site, browser: Browser, states: Sequence[str], words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name of the picture and address of each page; an empty site has no pages about executions."""
    known = [state for state in states if state in site.subjects]
    with site.visit(browser) as context:
        for address in page_addresses(site, known):
            if all(word in address.url for word in words) and is_page(context, address.url):
                yield _name(address), address.url
    yield from ((f"error-{number}", path) for number, path in enumerate(ERROR_PAGES, start=1))


def _name(address: Address) -> str:
    words = re.sub(r"<[^>]*>|[^a-z0-9]+", "-", address.route.pattern).strip("-") or "overview"
    return re.sub("-+", "-", f"{words}-{address.label}".strip("-"))


@contextmanager
def _filled(executions: int, large_tasks: int) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="orchestration-screens-"))
    get_reaper().guard_folder(folder)
    processes = Processes(folder)
    try:
        env = clean_environment() | {"DATA_DIR": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "config.settings"}
        migrated = run_python("manage.py", "migrate", "--verbosity=0", env=env)
        assert migrated.returncode == 0, migrated.stderr
        yield start_filled(processes, env, executions, large_tasks)
    finally:
        processes.close()
        get_reaper().close()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.browser.screens", description="A picture of every page.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("words", nargs="*", help="only addresses that contain all of these")
    parser.add_argument("--states", nargs="+", default=STATES, help=f"executions to show (default: {' '.join(STATES)})")
    parser.add_argument("--full", action="store_true", help="the whole length of each page")
    parser.add_argument("--executions", type=int, default=EXECUTIONS)
    parser.add_argument("--large-tasks", type=int, default=LARGE_TASKS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
