"""Running sites to look at: one as a new user starts it, one with a month of work in it. Each is real processes."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page, StorageState, ViewportSize

from benchmarks.pages.addresses import Subject
from benchmarks.pages.session import WEB_SERVER
from tests.processes import Processes, run_python
from tests.services import HOST, find_free_port

DONE_SECONDS = 60.0
PATIENCE_MS = 30_000.0
DESKTOP: ViewportSize = {"width": 1440, "height": 1000}
Theme = Literal["light", "dark"]


@dataclass
class Site:
    """A server, and how to log in there."""

    address: str
    username: str
    password: str
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    """State → an execution in it, with its pipeline and a task."""
    _states: dict[str, StorageState] = field(default_factory=dict)

    def visit(self, browser: Browser, *, username: str | None = None, **options: Any) -> BrowserContext:
        """A browser window's worth of state; logged in as the administrator, as somebody else, or ("") not at all."""
        username = self.username if username is None else username
        state = self._log_in(browser, username) if username else None
        options = {"viewport": DESKTOP, "base_url": self.address, "timezone_id": "UTC", **options}
        context = browser.new_context(storage_state=state, **options)
        context.set_default_timeout(PATIENCE_MS)
        return context

    def _log_in(self, browser: Browser, username: str) -> StorageState:
        """The cookies of somebody who has logged in, which each does once."""
        if username not in self._states:
            with browser.new_context(base_url=self.address) as context:
                page = context.new_page()
                page.goto("/login/?next=/account/")
                sign_in(page, username, self.password)
                page.wait_for_url("/account/")
                self._states[username] = context.storage_state()
        return self._states[username]


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the login form that is open."""
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def start_new(processes: Processes, env: Mapping[str, str]) -> Site:
    """`manage.py serve` on an empty database; returns once the demonstration's documents are done."""
    served = processes.manage("serve", "--port", str(find_free_port()), "--workers", "2", env=env)
    address = served.wait_for(r"^Ready: (\S+)$").group(1)
    login = served.wait_for(r"^Log in as (\S+) with the password (\S+)$")
    served.wait_for(r"^The example documents are done", DONE_SECONDS)
    return Site(address, login.group(1), login.group(2))


def start_filled(processes: Processes, env: Mapping[str, str], executions: int, large_tasks: int) -> Site:
    """A web server alone, so that nothing moves: executions in every state stay as they are; or there is none."""
    words = ("-m", "tests.browser.fill", str(executions), str(large_tasks))
    done = run_python(*words, env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"})
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    port = find_free_port()
    processes.python(*WEB_SERVER, "--bind", f"{HOST}:{port}", env=env, ready="Listening at", name="web")
    subjects = {state: Subject.of(state, **values) for state, values in told["subjects"].items()}
    return Site(f"http://{HOST}:{port}/", told["username"], told["password"], subjects)


def copy_data(migrated: Path, folder: Path) -> dict[str, str]:
    """A data folder with a migrated database of its own, as environment."""
    shutil.copytree(migrated, folder)
    return {"DATA_DIR": str(folder)}


def find_execution(api: APIRequestContext, **wanted: str) -> dict[str, Any]:
    """The newest execution with these fields, over REST."""
    listed: dict[str, Any] = api.get("/api/v1/executions", params={"page_size": 100}).json()
    return next(row for row in listed["results"] if all(row.get(name) == value for name, value in wanted.items()))
