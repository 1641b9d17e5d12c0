"""Fixtures of the browser tests: the browser, running sites, and windows that are watched.

Everything lives as long as this package's tests run, see `tests.browser.chromium`; a window lives for one test.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import site as sites
from tests.browser.chromium import run_chromium
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.plugin import NOT_RUN, clean_environment
from tests.processes import Processes
from tests.services import ServiceMissing

HANDLERS = {"TASK_HANDLER_MODULES": "tests.sample_handlers"}
EXECUTIONS, LARGE_TASKS = 120, 70


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    try:
        with run_chromium() as chromium:
            expect.set_options(timeout=sites.PATIENCE_MS)  # a busy machine is no failure
            yield chromium
    except ServiceMissing as error:
        pytest.skip(NOT_RUN + str(error))


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """The processes of the sites; none is left after the last browser test."""
    started = Processes(tmp_path_factory.mktemp("sites"))
    yield started
    started.close()


@pytest.fixture(scope="package")
def new_site(browser: Browser, servers: Processes, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """`manage.py serve` for the first time, with a worker, the demonstration done."""
    folder = tmp_path_factory.mktemp("new") / "data"
    return sites.start_new(servers, clean_environment() | HANDLERS | {"DATA_DIR": str(folder)})


@pytest.fixture(scope="package")
def filled_site(
    browser: Browser, servers: Processes, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """Executions in every state, one of many tasks; nothing moves."""
    data = sites.copy_data(migrated_sqlite, tmp_path_factory.mktemp("filled") / "data")
    return sites.start_filled(servers, clean_environment() | HANDLERS | data, EXECUTIONS, LARGE_TASKS)


@pytest.fixture(scope="package")
def empty_site(
    browser: Browser, servers: Processes, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """As `serve --no-demo` starts: no pipeline, no execution, and here no worker either."""
    data = sites.copy_data(migrated_sqlite, tmp_path_factory.mktemp("empty") / "data")
    return sites.start_filled(servers, clean_environment() | data, executions=0, large_tasks=0)


Visit = Callable[..., BrowserContext]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens watched windows: `visit(site, **options)`; at the end none of them may have had any trouble."""
    watches: list[Watch] = []

    def open_window(site: Site, *, allows_error_pages: bool = False, **options: Any) -> BrowserContext:
        context = site.visit(browser, **options)
        watches.append(Watch(context, site.address, allows_error_pages))
        return context

    yield open_window
    for watch in watches:
        watch.context.close()
    for watch in watches:
        watch.check()
