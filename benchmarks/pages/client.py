"""The measuring process: fills the database it was started with, then asks it for every page, in this process.

`create()` is what `benchmarks.driver` calls; its methods take and give plain values.
"""

import math
import time
from statistics import median
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402 - after Django is set up, as everything below
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from benchmarks.pages.asking import discover, refreshed  # noqa: E402
from benchmarks.pages.dataset import Size, fill  # noqa: E402
from benchmarks.pages.figures import Asked, Figures  # noqa: E402
from benchmarks.pages.reviews import REVIEWER  # noqa: E402
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, TaskAttempt, TaskRun  # noqa: E402
from reviews.services.reviewers import update_reviewer  # noqa: E402

COUNTED = {
    "pipeline versions": PipelineVersion,
    "executions": Execution,
    "task runs": TaskRun,
    "attempts": TaskAttempt,
    "events": ExecutionEvent,
}
WARM_UP = 3


class PageClient:
    """Somebody who may see everything, and reviews, logged in."""

    def __init__(self) -> None:
        self._browser = Client(SERVER_NAME="127.0.0.1")
        self._found: dict[str, UUID] = {}

    def fill(self, executions: int) -> dict[str, int]:
        """Fill the tables; how many rows of what."""
        self._found = fill(Size(executions=executions))
        person = get_user_model().objects.create_superuser("bench")
        update_reviewer(reviewer_id=REVIEWER, by=REVIEWER, user=person)
        _settle()
        self._browser.force_login(person)
        return {label: model._default_manager.count() for label, model in COUNTED.items()}

    def session_cookie(self) -> str:
        name = settings.SESSION_COOKIE_NAME
        return f"{name}={self._browser.cookies[name].value}"

    def list_addresses(self) -> list[Asked]:
        return discover(self._browser, self._found)

    def refresh(self, asked: Asked) -> Asked:
        return refreshed(asked, self._browser)

    def measure(self, asked: Asked, times: int) -> Figures:
        asked = self.refresh(asked)
        for _ in range(WARM_UP):
            self._ask(asked)
        with CaptureQueriesContext(connection) as queries:
            size = self._ask(asked)[1]
        number = len(queries)  # before the next request forgets them
        taken = sorted(self._ask(asked)[0] for _ in range(times))
        return Figures(
            median=median(taken) * 1000,
            p95=taken[math.ceil(0.95 * times) - 1] * 1000,
            queries=number,
            size=size,
        )

    def _ask(self, asked: Asked) -> tuple[float, int]:
        start = time.perf_counter()
        response: Any = self._browser.get(asked.url, headers=asked.headers)
        return time.perf_counter() - start, len(response.content)


def _settle() -> None:
    """PostgreSQL's statistics, which its autovacuum would gather by and by. SQLite has none in production either."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def create() -> PageClient:
    return PageClient()
