"""How many queries the pages of an execution cost: pinned, and the same for five tasks as for fifty."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orchestration.models import Execution
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import LIVE, address, complete_task, fail_attempt, open_tab, version_of

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

# Two of each are the session and its user.
MOST = {
    "": 29,
    "?task=t03": 35,
    "?attempts=all&path=critical": 29,
    "graph/": 17,
    "tasks/": 19,
    "tasks/t03/": 21,
    "data/": 16,
    "events/": 16,
    "definition/": 15,
}


@pytest.fixture
def failed_among(make_execution: MakeExecution) -> Callable[[int], Execution]:
    """An execution of so many tasks side by side of which the first failed, with two runs before it."""

    def make(tasks: int) -> Execution:
        graph: flow.Graph = {f"t{number:02}": [] for number in range(tasks)}
        for _ in range(2):
            make_execution("completed", graph=graph)
        execution = make_execution("queued", graph=graph)
        fail_attempt(execution, "t00", retryable=False)
        for name in list(graph)[1:]:
            complete_task(execution, name)
        return execution

    return make


def count(browser: Client, execution: Execution, tab: str) -> int:
    open_tab(browser, execution, tab)  # what is kept per process is there
    with CaptureQueriesContext(connection) as queries:
        open_tab(browser, execution, tab)
    return len(queries)


def test_a_tab_costs_as_many_queries_for_many_tasks_as_for_few(
    failed_among: Callable[[int], Execution], engineer: Client
) -> None:
    few, many = ({tab: count(engineer, execution, tab) for tab in MOST} for execution in map(failed_among, (5, 50)))
    costly = {tab: (few[tab], many[tab]) for tab in MOST if not many[tab] <= few[tab] <= MOST[tab]}
    assert costly == {}, "queries for few tasks, for many"


def test_asking_whether_there_is_anything_new_costs_little(
    make_execution: MakeExecution, engineer: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("orchestration.views.execution.frame.TICK_SECONDS", 10**9)
    execution = make_execution("running")
    version = version_of(open_tab(engineer, execution))
    with django_assert_num_queries(4):
        engineer.get(address(execution), {"version": version}, headers=LIVE)
