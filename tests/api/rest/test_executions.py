"""Starting, listing, reading and cancelling executions over REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from orchestration.models import Execution
from orchestration.services.executions import cancel_execution
from tests.api.rest.asking import ECHO, NOTHING_LINKED, ROOT, codes, finish, post, problem, register, start, submit

pytestmark = pytest.mark.django_db


def listed(api: APIClient, **query: Any) -> list[str]:
    answer = api.get(f"{ROOT}/executions", query)
    assert answer.status_code == 200, answer.content
    return [execution["id"] for execution in answer.json()["results"]]


@pytest.mark.one_database
def test_an_execution_is_started_and_found_at_its_address(api: APIClient) -> None:
    register(api)
    answer = submit(api, labels={"customer": "acme"})
    assert answer.status_code == 201
    shown = api.get(answer["Location"]).json()
    assert shown == answer.json() | NOTHING_LINKED
    assert (shown["pipeline"], shown["version"], shown["status"]) == ("echo_it", 1, "pending")
    assert (shown["labels"], shown["progress"]) == ({"customer": "acme"}, {"tasks": 1, "finished": 0})
    assert shown["reason"].startswith("no worker is running")


@pytest.mark.one_database
def test_a_version_can_be_chosen(api: APIClient) -> None:
    register(api)
    register(api, {**ECHO, "description": "new"})
    assert submit(api).json()["version"] == 2
    assert submit(api, version=1).json()["version"] == 1
    problem(submit(api, version=3), 404, "pipeline_not_found")


def test_the_same_key_gives_the_same_execution(api: APIClient) -> None:
    register(api)
    first, again = submit(api, key="order-1"), submit(api, key="order-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Execution.objects.count() == 1


def test_the_same_key_for_another_input_is_a_conflict(api: APIClient) -> None:
    register(api)
    submit(api, key="order-1")
    problem(submit(api, key="order-1", input={"x": 2}), 409, "idempotency_conflict")


@pytest.mark.one_database
def test_the_same_key_means_nothing_to_another_pipeline(api: APIClient) -> None:
    register(api)
    register(api, pipeline_id="other")
    assert submit(api, key="order-1").json()["id"] != submit(api, "other", key="order-1").json()["id"]


@pytest.mark.one_database
@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "\x00", "ä"])
def test_a_bad_key_is_refused(api: APIClient, key: str) -> None:
    register(api)
    assert codes(problem(submit(api, key=key), 400)) == [("invalid", "Idempotency-Key")]


@pytest.mark.one_database
def test_an_input_that_does_not_fit_is_refused_with_every_place(api: APIClient) -> None:
    register(api, {**ECHO, "inputs": {"x": "integer", "y": "string"}})
    found = problem(submit(api, input={"x": "1", "y": 2}), 422, "invalid_input")
    assert sorted(entry["pointer"] for entry in found["errors"]) == ["/input/x", "/input/y"]


@pytest.mark.parametrize("value", [None, 1, "text", [1, [2]], {"$blob": "x", "size": 1}, "a\x00b", "a\ud800b", 10**400])
def test_any_json_value_can_be_an_input_and_comes_back(api: APIClient, value: Any) -> None:
    shown = api.get(f"{ROOT}/executions/{start(api, input=value)}").json()
    assert shown["input"]["value"] == value
    assert api.get(shown["input"]["url"]).json() == value


@pytest.mark.one_database
def test_without_an_input_it_is_empty(api: APIClient) -> None:
    register(api)
    answer = api.post(f"{ROOT}/executions", {"pipeline": "echo_it"})
    assert answer.json()["input"]["value"] == {}


@pytest.mark.one_database
def test_a_large_value_is_shown_by_its_size_and_address(api: APIClient) -> None:
    text = "x" * 200_000
    shown = api.get(f"{ROOT}/executions/{start(api, input={'x': text})}").json()["input"]
    assert (shown["inline"], shown["value"]) == (False, None)
    assert shown["size"] > 200_000
    assert api.get(shown["url"]).json() == {"x": text}


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_the_output_is_there_once_the_execution_completed(api: APIClient) -> None:
    waiting = start(api)
    problem(api.get(f"{ROOT}/executions/{waiting}/output"), 404, "no_value")
    shown = api.get(f"{ROOT}/executions/{finish('echo_it', {'x': 7})}").json()
    assert (shown["status"], shown["progress"]) == ("completed", {"tasks": 1, "finished": 1})
    assert shown["duration_seconds"] >= 0
    assert api.get(shown["output"]["url"]).json() == shown["output"]["value"]
    assert "7" in str(shown["output"]["value"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["nan", "infinity", "surrogate", "nul", "keys", "large"])
def test_what_json_cannot_say_does_not_break_an_answer(api: APIClient, kind: str) -> None:
    task = {"name": "say", "type": "awkward", "parameters": {"kind": kind}}
    register(api, {"name": "awkward", "tasks": [task]})
    key = finish("awkward", {})
    assert api.get(f"{ROOT}/executions/{key}").status_code == 200
    value = api.get(f"{ROOT}/executions/{key}/tasks/say/output").json()["value"]
    assert value is None if kind in ("nan", "infinity") else value


@pytest.mark.one_database
def test_cancelling_twice_cancels_once(api: APIClient) -> None:
    key = start(api)
    first = api.post(f"{ROOT}/executions/{key}/cancel", {"reason": "not needed"})
    assert (first.status_code, first.json()) == (200, {"cancelled": True, "status": "cancelled"})
    again = api.post(f"{ROOT}/executions/{key}/cancel")
    assert (again.status_code, again.json()) == (200, {"cancelled": False, "status": "cancelled"})
    assert api.get(f"{ROOT}/executions/{key}").json()["error"]["message"] == "not needed"


@pytest.mark.one_database
@pytest.mark.parametrize("key", ["01a202d3-a84e-7659-84a3-5a4699e1dad1", "nonsense", "0", "%00", "%ff", "x" * 5000])
@pytest.mark.parametrize("rest", ["", "/input", "/output", "/tasks", "/tasks/a", "/tasks/a/output", "/events"])
def test_an_unknown_execution_is_a_problem(api: APIClient, key: str, rest: str) -> None:
    problem(api.get(f"{ROOT}/executions/{key}{rest}"), 404)


@pytest.mark.one_database
def test_an_unknown_pipeline_cannot_be_executed(api: APIClient) -> None:
    problem(submit(api, "nothing"), 404, "pipeline_not_found")


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/pipeline"),
        ({"pipeline": 1}, "/pipeline"),
        ({"pipeline": "a\x00"}, "/pipeline"),
        ({"pipeline": "a\ud800"}, "/pipeline"),
        ({"pipeline": "p", "version": "1"}, "/version"),
        ({"pipeline": "p", "version": True}, "/version"),
        ({"pipeline": "p", "version": 2**70}, "/version"),
        ({"pipeline": "p", "labels": []}, "/labels"),
        ({"pipeline": "p", "labels": {"a": 1}}, "/labels"),
        ({"pipeline": "p", "labels": {"a\x00": "b"}}, "/labels"),
        ({"pipeline": "p", "labels": {"a": "\ud800"}}, "/labels"),
        ({"pipeline": "p", "inptu": {}}, "/inptu"),
        ([], ""),
        (None, ""),
        ("text", ""),
    ],
    ids=str,
)
def test_a_body_of_the_wrong_shape_is_refused_by_its_place(api: APIClient, body: Any, pointer: str) -> None:
    found = problem(post(api, f"{ROOT}/executions", body), 400, "invalid_request")
    assert [entry["pointer"] for entry in found["errors"]] == [pointer]


def test_executions_are_listed_newest_first(api: APIClient) -> None:
    keys = [start(api) for _ in range(3)]
    assert listed(api) == keys[::-1]


def test_executions_are_filtered_by_status(api: APIClient) -> None:
    live, cancelled = start(api), start(api)
    api.post(f"{ROOT}/executions/{cancelled}/cancel")
    assert listed(api, status="pending") == [live]
    assert set(listed(api, status=["pending", "cancelled"])) == {live, cancelled}


def test_executions_are_filtered_by_pipeline_and_version(api: APIClient) -> None:
    first = start(api)
    register(api, {**ECHO, "description": "new"})
    second = submit(api).json()["id"]
    register(api, pipeline_id="other")
    other = submit(api, "other").json()["id"]
    assert listed(api, pipeline="other") == [other]
    assert listed(api, pipeline="echo_it", version=1) == [first]
    assert listed(api, pipeline="echo_it", version=2) == [second]


@pytest.mark.parametrize(("key", "value"), [("customer", "acme"), ("1", "x"), ('a"b$.', "50%: é"), ("a__b", "")])
def test_executions_are_filtered_by_label(api: APIClient, key: str, value: str) -> None:
    start(api)
    labelled = start(api, labels={key: value, "more": "y"})
    assert listed(api, label=f"{key}:{value}") == [labelled]
    assert listed(api, label=f"{key}:another") == []


def test_executions_are_filtered_by_time(api: APIClient) -> None:
    key = start(api)
    created = Execution.objects.get(pk=key).created_at.isoformat().replace("+00:00", "Z")
    assert listed(api, created_after=created) == [key]
    assert listed(api, created_before=created) == []
    assert listed(api, created_before="2999-05-04T16:11:50.5-23:43") == [key]
    assert listed(api, created_after="0001-01-01T00:00:00+14:00", created_before="9999-12-31T23:59:59-14:00") == [key]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "finished"),
        ("stauts", "failed"),
        ("status", ""),
        ("pipeline", ""),
        ("created_before", ""),
        ("version", "x"),
        ("version", "99999999999999999999"),
        ("version", "1e400"),
        ("version", "NaN"),
        ("label", "no-colon"),
        ("label", "a:\x00"),
        ("pipeline", "\x00"),
        ("created_after", "yesterday"),
        ("page_size", "0"),
        ("page_size", "201"),
        ("page_size", "x"),
        ("cursor", "nonsense"),
        ("cursor", "cD1ub25zZW5zZQ=="),
        ("cursor", "cD0wMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAw"),
    ],
)
def test_a_bad_filter_is_an_error_by_its_name(api: APIClient, name: str, value: str) -> None:
    start(api)
    found = problem(api.get(f"{ROOT}/executions", {name: value}), 400, "invalid_request")
    assert {entry["parameter"] for entry in found["errors"]} == {name}


def test_pages_follow_one_another_without_gap_or_double(api: APIClient) -> None:
    keys = [start(api) for _ in range(7)]
    page = api.get(f"{ROOT}/executions", {"page_size": 3}).json()
    seen = [execution["id"] for execution in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [execution["id"] for execution in page["results"]]
    assert seen == keys[::-1]
    assert page["previous"]


@pytest.mark.one_database
def test_a_list_of_executions_takes_one_query_however_long(api: APIClient, django_assert_num_queries: Any) -> None:
    for _ in range(50):
        start(api)
    with django_assert_num_queries(1):
        assert len(listed(api)) == 50


@pytest.mark.one_database
def test_an_ended_execution_is_shown_with_two_queries(api: APIClient, django_assert_num_queries: Any) -> None:
    key = start(api)
    cancel_execution(execution_id=Execution.objects.get().pk)
    with django_assert_num_queries(2):  # itself, and what it leads to
        api.get(f"{ROOT}/executions/{key}")


@pytest.mark.one_database
def test_an_unknown_member_hides_no_other_mistake(api: APIClient) -> None:
    register(api)
    found = problem(submit(api, titel="x", version=0, labels={"a": 1}), 400, "invalid_request")
    assert sorted(str(pointer) for _, pointer in codes(found)) == ["/labels", "/titel", "/version"]


@pytest.mark.one_database
def test_a_bad_id_is_answered_with_what_is_allowed(api: APIClient) -> None:
    found = problem(register(api, ECHO, pipeline_id="a b"), 400)
    assert "use letters, digits, underscores" in found["errors"][0]["message"]
