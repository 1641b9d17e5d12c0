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

# All within a day, so that every list and the overview show some of each.
FEW = Size(executions=30, pipelines=5, large_tasks=12, span=timedelta(hours=20))
MANY = Size(executions=200, pipelines=15, large_tasks=120, span=timedelta(hours=20))

# Name of the route → the most queries any of its addresses costs (about executions of many and of few tasks, filtered,
# the next page, live parts).
PINNED: dict[str, int] = {}


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
    grown = {name: (few[name], number) for name, number in many.items() if number > few.get(name, number)}
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
