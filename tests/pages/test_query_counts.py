"""How many queries each page and each REST resource costs: pinned, and the same for few rows as for many.

A number that changes on purpose is changed here; the failure prints the table as it is now.
"""

from collections.abc import Callable
from datetime import timedelta
from pprint import pformat
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from benchmarks.pages.asking import discover, refreshed
from benchmarks.pages.dataset import Size, fill
from benchmarks.pages.figures import Asked
from monitoring.selectors import health

# Queries are the same on every database, and the tables take a while to fill.
pytestmark = pytest.mark.one_database

# All within hours, so that every list and the overview show some of each.
FEW = Size(executions=30, pipelines=5, large_tasks=12, span=timedelta(hours=3))
MANY = Size(executions=120, pipelines=15, large_tasks=60, span=timedelta(hours=3))

# Of one execution more is asked than of another in the same state: whether a worker lives, when nothing of it runs, and
# what the alerts counted that were there at its time. Of the first with a definition, the definition.
SLACK = 5

# Which roll-ups a range is put together from, minutes, hours, days, depends on when one looks; so does whether any
# execution lies in the window of an alert, or a minute without a look in the last day, for which one query more reads
# them.
BY_THE_CLOCK = {
    "/": 4,
    "/monitoring/": 4,
    "/monitoring/performance/": 4,
    "/monitoring/alerts/<int:alert_id>/": 1,
    "/monitoring/health/": 1,
    "/monitoring/rules/<int:rule_id>/": 1,
    "REST api/v1/health": 1,
    "REST api/v1/alerts/<int:alert_id>": 1,
}

TRIES = 5

# Where a process asks for more the first time.
LEARNS = ("/cache/", "/registry/", "/healthz")

# Name of the route → the most queries any of its addresses costs (about executions of many and of few tasks, filtered,
# the next page, live parts).
PINNED = {
    "/account/": 5,
    "/account/password/": 4,
    "/search/": 10,
    "/": 33,
    "/executions/": 16,
    "/cache/": 14,
    "/cache/invalidate/": 4,
    "/executions/<uuid:execution_id>/": 31,
    "/executions/<uuid:execution_id>/graph/": 20,
    "/executions/<uuid:execution_id>/tasks/": 22,
    "/executions/<uuid:execution_id>/tasks/<slug:name>/": 25,
    "/executions/<uuid:execution_id>/tasks/<slug:name>/output.json": 5,
    "/executions/<uuid:execution_id>/data/": 19,
    "/executions/<uuid:execution_id>/<slug:what>.json": 3,
    "/executions/<uuid:execution_id>/events/": 19,
    "/executions/<uuid:execution_id>/definition/": 18,
    "/executions/<uuid:execution_id>/cancel/": 5,
    "/executions/<uuid:execution_id>/rerun/": 6,
    "/pipelines/": 9,
    "/pipelines/new/": 4,
    "/pipelines/<pipeline_id:pipeline_id>/": 10,
    "/pipelines/<pipeline_id:pipeline_id>/edit/": 9,
    "/pipelines/<pipeline_id:pipeline_id>/run/": 10,
    "/pipelines/<pipeline_id:pipeline_id>/compare/": 6,
    "/pipelines/<pipeline_id:pipeline_id>/versions/": 8,
    "/pipelines/<pipeline_id:pipeline_id>/versions/<int:number>/": 6,
    "/pipelines/<pipeline_id:pipeline_id>/versions/<int:number>/definition.<str:written_as>": 3,
    "/registry/": 13,
    "/registry/register/": 5,
    "/registry/register/hosted/": 5,
    "/registry/models/<text:model_name>/": 18,
    "/registry/models/<text:model_name>/history/": 10,
    "/registry/models/<text:model_name>/edit/": 6,
    "/registry/models/<text:model_name>/delete/": 5,
    "/registry/models/<text:model_name>/compare/": 16,
    "/registry/models/<text:model_name>/compare.md": 12,
    "/registry/models/<text:model_name>/aliases/new/": 6,
    "/registry/models/<text:model_name>/pointers/<text:pointer>/move/": 7,
    "/registry/models/<text:model_name>/pointers/<text:pointer>/remove/": 6,
    "/registry/models/<text:model_name>/pointers/<text:pointer>/rollback/": 8,
    "/registry/models/<text:model_name>/versions/<text:label>/": 14,
    "/registry/models/<text:model_name>/versions/<text:label>/edit/": 6,
    "/registry/models/<text:model_name>/versions/<text:label>/do/<slug:verb>/": 6,
    "/reviews/": 18,
    "/reviews/notifications/": 5,
    "/reviews/people/": 26,
    "/reviews/people/new/": 4,
    "/reviews/people/<text:reviewer_id>/": 18,
    "/reviews/people/<text:reviewer_id>/edit/": 6,
    "/reviews/policies/": 8,
    "/reviews/policies/new/": 5,
    "/reviews/policies/<slug:policy_id>/": 9,
    "/reviews/policies/<slug:policy_id>/edit/": 7,
    "/reviews/<uuid:review_id>/": 25,
    "/reviews/<uuid:review_id>/release/": 6,
    "/reviews/<uuid:review_id>/decline/": 6,
    "/reviews/<uuid:review_id>/snooze/": 6,
    "/reviews/<uuid:review_id>/reassign/": 7,
    "/livez": 0,
    "/readyz": 3,
    "/healthz": 43,
    "/metrics": 10,
    "/monitoring/": 22,
    "/monitoring/performance/": 20,
    "/monitoring/alerts/": 11,
    "/monitoring/alerts/<int:alert_id>/": 14,
    "/monitoring/alerts/<int:alert_id>/acknowledge/": 5,
    "/monitoring/alerts/<int:alert_id>/resolve/": 5,
    "/monitoring/alerts/<int:alert_id>/silence/": 5,
    "/monitoring/silences/new/": 7,
    "/monitoring/silences/<int:silence_id>/end/": 5,
    "/monitoring/rules/": 11,
    "/monitoring/rules/new/": 8,
    "/monitoring/rules/<int:rule_id>/": 15,
    "/monitoring/rules/<int:rule_id>/delete/": 5,
    "/monitoring/health/": 118,
    "/monitoring/workers/": 16,
    "/monitoring/messages/": 8,
    "/monitoring/messages/channels/new/": 5,
    "/monitoring/messages/channels/<text:channel>/": 5,
    "/monitoring/messages/channels/<text:channel>/delete/": 5,
    "REST api/v1/pipelines": 3,
    "REST api/v1/pipelines/<text:pipeline_id>": 3,
    "REST api/v1/pipelines/<text:pipeline_id>/schema": 4,
    "REST api/v1/pipelines/<text:pipeline_id>/versions": 4,
    "REST api/v1/pipelines/<text:pipeline_id>/versions/<int:number>": 5,
    "REST api/v1/executions": 3,
    "REST api/v1/executions/<text:execution_id>": 5,
    "REST api/v1/executions/<text:execution_id>/input": 3,
    "REST api/v1/executions/<text:execution_id>/output": 4,
    "REST api/v1/executions/<text:execution_id>/events": 4,
    "REST api/v1/executions/<text:execution_id>/tasks": 4,
    "REST api/v1/executions/<text:execution_id>/tasks/<text:name>": 5,
    "REST api/v1/executions/<text:execution_id>/tasks/<text:name>/output": 5,
    "REST api/v1/cache": 5,
    "REST api/v1/cache/explain/<textpath:key>": 4,
    "REST api/v1/schema/pipeline.json": 2,
    "REST api/v1/models": 4,
    "REST api/v1/models/<text:model_name>": 5,
    "REST api/v1/models/<text:model_name>/default": 4,
    "REST api/v1/models/<text:model_name>/aliases": 4,
    "REST api/v1/models/<text:model_name>/aliases/<text:alias>": 6,
    "REST api/v1/models/<text:model_name>/history": 4,
    "REST api/v1/models/<text:model_name>/compare": 12,
    "REST api/v1/models/<text:model_name>/versions": 5,
    "REST api/v1/models/<text:model_name>/versions/<text:label>": 7,
    "REST api/v1/models/<text:model_name>/versions/<text:label>/manifest": 5,
    "REST api/v1/models/<text:model_name>/versions/<text:label>/verifications": 5,
    "REST api/v1/reviews": 5,
    "REST api/v1/reviews/next": 3,
    "REST api/v1/reviews/<text:review_id>": 7,
    "REST api/v1/reviews/<text:review_id>/history": 6,
    "REST api/v1/reviews/<text:review_id>/why": 13,
    "REST api/v1/reviews/<text:review_id>/draft": 5,
    "REST api/v1/reviewers": 5,
    "REST api/v1/reviewers/<text:reviewer_id>": 5,
    "REST api/v1/reviewers/<text:reviewer_id>/absences": 6,
    "REST api/v1/review-policies": 5,
    "REST api/v1/review-policies/<text:policy_id>": 4,
    "REST api/v1/review-policies/<text:policy_id>/preview": 5,
    "REST api/v1/metrics": 2,
    "REST api/v1/metrics/<text:metric>": 7,
    "REST api/v1/percentiles": 5,
    "REST api/v1/alert-rules": 3,
    "REST api/v1/alert-rules/<int:rule_id>": 3,
    "REST api/v1/alerts": 3,
    "REST api/v1/alerts/<int:alert_id>": 6,
    "REST api/v1/alerts/<int:alert_id>/executions": 5,
    "REST api/v1/executions/<text:execution_id>/alerts": 5,
    "REST api/v1/silences": 3,
    "REST api/v1/health": 70,
    "REST api/v1/openapi.json": 2,
    "REST api/v1/openapi.yaml": 2,
    "REST api/v1/docs": 2,
    "REST api/v1/redoc": 2,
}


@pytest.fixture(autouse=True)
def fresh_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks are kept for some seconds; here each page asks for itself."""
    monkeypatch.setattr(health, "KEPT_SECONDS", -1.0)


def test_each_page_costs_as_many_queries_as_is_pinned_and_no_more_with_more_rows(engineer: Client) -> None:
    few = count_queries(engineer, FEW)
    assert_pinned(few)
    empty_tables()
    many = count_queries(engineer, MANY)
    grown = {name: (few[name], number) for name, number in many.items() if number > few.get(name, number) + SLACK}
    assert grown == {}, "queries with few rows, with many"


def assert_pinned(few: dict[str, int]) -> None:
    by_route: dict[str, int] = {}
    for name, number in few.items():
        route = name.partition(" | ")[0]
        by_route[route] = max(number, by_route.get(route, 0))
    pinned = {route: _near(route, number, by_route.get(route)) for route, number in PINNED.items()}
    assert by_route == pinned, f"it is now\n{pformat(by_route, width=120, sort_dicts=False)}"


def _near(route: str, pinned: int, found: int | None) -> int:
    """What is pinned, or what was found where that is near enough."""
    if found is not None and abs(found - pinned) <= BY_THE_CLOCK.get(route, 0):
        return found
    return pinned


def count_queries(browser: Client, size: Size) -> dict[str, int]:
    """Address → queries, with the tables filled."""
    found = fill(size)
    counting = Counting(browser)
    for url in LEARNS:
        counting.get(url)
    asked = discover(counting, found)
    return {f"{each.name} | {each.label}": counting.queries_of(each) for each in asked}


class Counter:
    """Counts queries without keeping their words, which SQLite would have to be asked for."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.queries += 1
        return execute(*args)


class Counting(Client):
    """The same browser; it counts what each answer costs."""

    def __init__(self, browser: Client) -> None:
        super().__init__()
        self.cookies = browser.cookies
        self._counted: dict[str, int] = {}

    def get(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        counter = Counter()
        with connection.execute_wrapper(counter):
            answer = super().get(path, *args, **kwargs)
        self._counted[path] = counter.queries
        return answer

    def queries_of(self, asked: Asked) -> int:
        """As counted when it was discovered, unless only its page was asked for then.

        A live part that has nothing new says nothing, unless time has changed it since its page was read.
        """
        if not asked.headers and asked.url in self._counted:
            return self._counted[asked.url]
        for _ in range(TRIES):
            answer = self.get(asked.url, headers=asked.headers)
            if asked.part is None or not answer.content or "Live-Final" in answer.headers:
                break
            asked = refreshed(asked, self)
        return self._counted[asked.url]


def empty_tables() -> None:
    """Ours, all of them; what refers to what is checked at the end of the transaction only."""
    with connection.cursor() as cursor:
        for app in ("orchestration", "registry", "reviews", "monitoring"):
            for model in apps.get_app_config(app).get_models():
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
