"""One database from empty to measured: migrate, fill, ask in the process, then the same through gunicorn."""

import http.client
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.driver import Driver
from benchmarks.pages.figures import LIMIT_MS, OTHER_ANSWERS, Asked, Figures, Measured
from benchmarks.stack import INHERITED
from tests.processes import ROOT, Processes, run_python
from tests.services import HOST, find_free_port

CLIENT = "benchmarks.pages.client"
TRIES = 3
WEB_SERVER = ("-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--threads", "8", "--no-control-socket")
"""As `manage.py serve` starts it."""

Say = Callable[[str], None]


class PageFailed(Exception):
    """A page did not answer as it should; the message says which."""


def measure(
    database: str, variables: dict[str, str], folder: Path, *, executions: int, times: int, say: Say
) -> Measured:
    """Raises `PageFailed`, `DriverFailed`."""
    env = _environment() | variables
    migrated = run_python("manage.py", "migrate", "--verbosity=0", env=env)
    if migrated.returncode:
        raise PageFailed(f"{database}: the tables could not be made:\n{migrated.stdout}{migrated.stderr}")
    driver, processes = Driver(CLIENT, env), Processes(folder)
    try:
        say(f"{database}: filling the tables with {executions:,} executions")
        found = Measured(database, driver.call("fill", executions))
        asked: list[Asked] = driver.call("list_addresses")
        say(f"{database}: {len(asked)} addresses, {times} requests each")
        port = find_free_port()
        processes.python(*WEB_SERVER, "--bind", f"{HOST}:{port}", env=env, ready="Listening at")
        server = WebServer(port, driver.call("session_cookie"))
        for each in asked:
            figures = _measure_calmly(driver, server, each, times)
            found.figures[each.name, each.label] = figures
            say(f"  {figures.median:7.1f} ms {figures.queries:4} queries  {each.name} {each.label}")
        return found
    finally:
        processes.close()
        driver.close()


def _measure_calmly(driver: Driver, server: "WebServer", asked: Asked, times: int) -> Figures:
    """What is too slow is measured again: it may have been something else on this machine."""
    tried: list[Figures] = []
    while not tried or (tried[-1].slowest > LIMIT_MS and len(tried) < TRIES):
        figures: Figures = driver.call("measure", asked, times)
        tried.append(replace(figures, over_http=server.measure(driver.call("refresh", asked), times)))
    return min(tried, key=lambda figures: figures.slowest)


def _environment() -> dict[str, str]:
    ours = {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings", "API_THROTTLE_USER": "off"}
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | ours


class WebServer:
    """gunicorn on loopback, asked over a connection that stays open while one address is measured."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=60)
        self._cookie = cookie

    def measure(self, asked: Asked, times: int) -> float:
        """The median in milliseconds."""
        self._connection.close()  # gunicorn has closed its end meanwhile
        self._ask(asked)
        return median(self._ask(asked) for _ in range(times)) * 1000

    def _ask(self, asked: Asked) -> float:
        start = time.perf_counter()
        self._connection.request("GET", asked.url, headers={"Cookie": self._cookie, **asked.headers})
        response = self._connection.getresponse()
        response.read()
        taken = time.perf_counter() - start
        if response.status not in (200, 204, OTHER_ANSWERS.get(asked.url)):
            raise PageFailed(f"gunicorn answered {response.status} to {asked.url}")
        return taken
