"""Task runs, their attempts and their outputs over REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.api.rest.asking import ROOT, finish, problem, register, start, submit

pytestmark = pytest.mark.django_db

FLAKY = {
    "name": "flaky",
    "tasks": [
        {
            "name": "first",
            "type": "fail",
            "queue": "quick",
            "parameters": {"times": 1},
            "retry": {"initial": 0, "max_delay": 0},
        },
        {"name": "second", "type": "echo", "parameters": {"x": "{input.x}"}, "dependencies": ["first"]},
    ],
}


def fan(width: int) -> dict[str, Any]:
    return {"name": "fan", "tasks": [{"name": f"t{number}", "type": "echo"} for number in range(width)]}


def test_task_runs_are_listed_in_the_order_of_execution(api: APIClient) -> None:
    register(api, FLAKY)
    tasks = api.get(f"{ROOT}/executions/{submit(api, 'flaky').json()['id']}/tasks").json()["results"]
    assert [(task["name"], task["type"], task["status"], task["queue"]) for task in tasks] == [
        ("first", "fail", "queued", "quick"),
        ("second", "echo", "pending", "default"),
    ]


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_a_task_run_has_its_attempts_and_output(api: APIClient) -> None:
    register(api, FLAKY)
    key = finish("flaky", {"x": 1})
    shown = api.get(f"{ROOT}/executions/{key}/tasks/first").json()
    assert (shown["status"], shown["failures"]) == ("completed", 1)
    assert [attempt["status"] for attempt in shown["attempts"]] == ["failed", "completed"]
    assert shown["attempts"][0]["error"]["message"] == "attempt 1"
    assert shown["output"]["value"] == {"attempt": 2}
    assert api.get(shown["output"]["url"]).json() == {"attempt": 2}


@pytest.mark.one_database
def test_an_output_that_is_not_there_is_a_problem(api: APIClient) -> None:
    key = start(api)
    problem(api.get(f"{ROOT}/executions/{key}/tasks/say/output"), 404, "no_value")
    problem(api.get(f"{ROOT}/executions/{key}/tasks/nobody"), 404, "task_not_found")


def test_task_runs_are_filtered_by_status_and_type(api: APIClient) -> None:
    register(api, FLAKY)
    address = f"{ROOT}/executions/{submit(api, 'flaky').json()['id']}/tasks"
    assert [task["name"] for task in api.get(address, {"status": "pending"}).json()["results"]] == ["second"]
    assert [task["name"] for task in api.get(address, {"type": "fail"}).json()["results"]] == ["first"]


def test_a_thousand_task_runs_come_in_pages(api: APIClient, django_assert_num_queries: Any) -> None:
    register(api, fan(1000))
    address = f"{ROOT}/executions/{submit(api, 'fan').json()['id']}/tasks?page_size=200"
    names: list[str] = []
    while address:
        with django_assert_num_queries(2):
            page = api.get(address).json()
        names += [task["name"] for task in page["results"]]
        address = page["next"]
    assert len(names) == len(set(names)) == 1000


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_a_task_run_takes_three_queries(api: APIClient, django_assert_num_queries: Any) -> None:
    register(api, FLAKY)
    key = finish("flaky", {"x": 1})
    with django_assert_num_queries(3):
        api.get(f"{ROOT}/executions/{key}/tasks/first")
