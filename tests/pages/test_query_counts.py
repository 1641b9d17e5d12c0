"""How many queries each page and each REST resource costs: pinned, and the same for few rows as for many.

A number that changes on purpose is changed here; the failure prints the table as it is now.
"""

from datetime import timedelta
from pprint import pformat

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.pages.asking import discover, refreshed
from benchmarks.pages.dataset import Size, fill
from benchmarks.pages.figures import Asked
from orchestration.models import Execution, RegisteredPipeline, Worker

# Queries are the same on every database, and the tables take a while to fill.
pytestmark = pytest.mark.one_database

# All within a day, so that every list and the overview show some of each.
FEW = Size(executions=30, pipelines=5, large_tasks=12, span=timedelta(hours=20))
MANY = Size(executions=200, pipelines=15, large_tasks=120, span=timedelta(hours=20))

# Of one execution more is asked than of another in the same state: whether a worker lives, when nothing of it runs.
SLACK = 1

# Name of the route → the most queries any of its addresses costs (about executions of many and of few tasks, filtered,
# the next page, live parts).
PINNED = {
    "/account/": 3,
    "/account/password/": 2,
    "/search/": 4,
    "/": 21,
    "/executions/": 14,
    "/executions/<uuid:execution_id>/": 23,
    "/executions/<uuid:execution_id>/graph/": 13,
    "/executions/<uuid:execution_id>/tasks/": 15,
    "/executions/<uuid:execution_id>/tasks/<slug:name>/": 17,
    "/executions/<uuid:execution_id>/tasks/<slug:name>/output.json": 5,
    "/executions/<uuid:execution_id>/data/": 12,
    "/executions/<uuid:execution_id>/<slug:what>.json": 3,
    "/executions/<uuid:execution_id>/events/": 12,
    "/executions/<uuid:execution_id>/definition/": 11,
    "/executions/<uuid:execution_id>/cancel/": 3,
    "/executions/<uuid:execution_id>/rerun/": 4,
    "/pipelines/": 7,
    "/pipelines/new/": 2,
    "/pipelines/<pipeline_id:pipeline_id>/": 8,
    "/pipelines/<pipeline_id:pipeline_id>/edit/": 5,
    "/pipelines/<pipeline_id:pipeline_id>/run/": 6,
    "/pipelines/<pipeline_id:pipeline_id>/compare/": 4,
    "/pipelines/<pipeline_id:pipeline_id>/versions/": 6,
    "/pipelines/<pipeline_id:pipeline_id>/versions/<int:number>/": 4,
    "/pipelines/<pipeline_id:pipeline_id>/versions/<int:number>/definition.<str:written_as>": 3,
    "REST api/v1/pipelines": 3,
    "REST api/v1/pipelines/<text:pipeline_id>": 3,
    "REST api/v1/pipelines/<text:pipeline_id>/schema": 4,
    "REST api/v1/pipelines/<text:pipeline_id>/versions": 4,
    "REST api/v1/pipelines/<text:pipeline_id>/versions/<int:number>": 5,
    "REST api/v1/executions": 3,
    "REST api/v1/executions/<text:execution_id>": 3,
    "REST api/v1/executions/<text:execution_id>/input": 3,
    "REST api/v1/executions/<text:execution_id>/output": 4,
    "REST api/v1/executions/<text:execution_id>/events": 4,
    "REST api/v1/executions/<text:execution_id>/tasks": 4,
    "REST api/v1/executions/<text:execution_id>/tasks/<text:name>": 5,
    "REST api/v1/executions/<text:execution_id>/tasks/<text:name>/output": 5,
    "REST api/v1/schema/pipeline.json": 2,
    "REST api/v1/openapi.json": 2,
    "REST api/v1/openapi.yaml": 2,
    "REST api/v1/docs": 2,
    "REST api/v1/redoc": 2,
}


@pytest.fixture
def few(engineer: Client) -> dict[str, int]:
    return count_queries(engineer, FEW)


def test_each_page_costs_as_many_queries_as_is_pinned(few: dict[str, int]) -> None:
    by_route: dict[str, int] = {}
    for name, number in few.items():
        route = name.partition(" | ")[0]
        by_route[route] = max(number, by_route.get(route, 0))
    assert by_route == PINNED, f"it is now\n{pformat(by_route, width=120, sort_dicts=False)}"


def test_no_page_costs_more_queries_with_more_rows(few: dict[str, int], engineer: Client) -> None:
    empty_tables()
    many = count_queries(engineer, MANY)
    grown = {name: (few[name], number) for name, number in many.items() if number > few.get(name, number) + SLACK}
    assert grown == {}, "queries with few rows, with many"


def count_queries(browser: Client, size: Size) -> dict[str, int]:
    """Address → queries, with the tables filled."""
    found = fill(size)
    asked = discover(browser, found)
    return {f"{each.name} | {each.label}": queries_of(browser, each) for each in asked}


def queries_of(browser: Client, asked: Asked) -> int:
    asked = refreshed(asked, browser)
    with CaptureQueriesContext(connection) as queries:
        browser.get(asked.url, headers=asked.headers)
    return len(queries)


def empty_tables() -> None:
    Execution.objects.all().delete()
    RegisteredPipeline.objects.update(current_version=None)
    RegisteredPipeline.objects.all().delete()
    Worker.objects.all().delete()
