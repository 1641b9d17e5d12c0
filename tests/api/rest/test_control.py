"""Pausing, resuming and running executions again over REST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from orchestration.models import Blob, Execution
from orchestration.services.executions import cancel_execution
from tests.api.rest.asking import ECHO, NOTHING_LINKED, ROOT, codes, post, problem, register, start, submit
from tests.engine import flow

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
MakeUser = Callable[..., User]
NOBODY = "01a202d3-a84e-7659-84a3-5a4699e1dad1"


def ask(api: APIClient, key: object, verb: str, body: Any = None, **options: Any) -> Any:
    return post(api, f"{ROOT}/executions/{key}/{verb}", {} if body is None else body, **options)


def failed_chain() -> str:
    """An execution of a → b → c that failed at b."""
    execution, who = flow.start(flow.CHAIN, input_data={"x": 1}, options={"title": "March"}), flow.claimant()
    flow.complete(flow.take(who), who, {"by": "a"})
    flow.fail(flow.take(who), who)
    return str(execution.pk)


# Pause and resume ----------------------------------------------------------------------------------------------------


def test_pausing_twice_pauses_once_and_resuming_goes_on(api: APIClient) -> None:
    key = start(api)
    for _ in range(2):
        answer = ask(api, key, "pause", {"reason": "prices are wrong"})
        assert (answer.status_code, answer.json()) == (200, {"paused": True, "status": "paused"})
    assert api.get(f"{ROOT}/executions/{key}").json()["status"] == "paused"
    for _ in range(2):
        answer = ask(api, key, "resume")
        assert (answer.status_code, answer.json()) == (200, {"resumed": True, "status": "pending"})
    events = api.get(f"{ROOT}/executions/{key}/events").json()["results"]
    assert [(event["kind"], event["details"]) for event in events[1:]] == [
        ("execution.paused", {"reason": "prices are wrong", "by": "engineer"}),
        ("execution.resumed", {"by": "engineer"}),
    ]


def test_what_has_ended_is_neither_paused_nor_resumed(api: APIClient) -> None:
    key = start(api)
    api.post(f"{ROOT}/executions/{key}/cancel")
    assert ask(api, key, "pause").json() == {"paused": False, "status": "cancelled"}
    assert ask(api, key, "resume").json() == {"resumed": False, "status": "cancelled"}


def test_pausing_and_resuming_need_no_body(api: APIClient) -> None:
    key = start(api)
    assert api.post(f"{ROOT}/executions/{key}/pause").status_code == 200
    assert api.post(f"{ROOT}/executions/{key}/resume").status_code == 200


@pytest.mark.parametrize("verb", ["pause", "resume", "rerun"])
@pytest.mark.parametrize("key", [NOBODY, "nonsense", "%00"])
def test_an_unknown_execution_is_a_problem(api: APIClient, verb: str, key: str) -> None:
    problem(ask(api, key, verb), 404)


def test_who_may_change_may_pause_and_who_may_add_may_rerun(
    api: APIClient, engineer: User, make_user: MakeUser
) -> None:
    key = start(api)
    for permission, allowed in (("change_execution", {"pause", "resume"}), ("add_execution", {"rerun"})):
        client = APIClient()
        client.force_authenticate(make_user(permission, name=permission))
        for verb in ("pause", "resume", "rerun"):
            answer = ask(client, key, verb)
            assert answer.status_code in ((200, 201) if verb in allowed else (403,)), (permission, verb)


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("pause", {"reason": 1}, "/reason"),
        ("pause", {"reason": "x" * 1001}, "/reason"),
        ("pause", {"reason": "\x00"}, "/reason"),
        ("pause", {"why": "x"}, "/why"),
        ("pause", [], ""),
        ("rerun", {"from_task": ""}, "/from_task"),
        ("rerun", {"from_task": 1}, "/from_task"),
        ("rerun", {"from_task": "\ud800"}, "/from_task"),
        ("rerun", {"version": "1"}, "/version"),
        ("rerun", {"version": "newest"}, "/version"),
        ("rerun", {"version": 0}, "/version"),
        ("rerun", {"version": 2**70}, "/version"),
        ("rerun", {"version": True}, "/version"),
        ("rerun", {"version": []}, "/version"),
        ("rerun", {"title": "x" * 201}, "/title"),
        ("rerun", {"form_task": "a"}, "/form_task"),
        ("rerun", "text", ""),
    ],
    ids=str,
)
def test_a_body_of_the_wrong_shape_is_refused_by_its_place(api: APIClient, verb: str, body: Any, pointer: str) -> None:
    found = problem(ask(api, start(api), verb, body), 400, "invalid_request")
    assert [entry["pointer"] for entry in found["errors"]] == [pointer]


# Run again -----------------------------------------------------------------------------------------------------------


def test_a_rerun_is_a_new_execution_at_its_address(api: APIClient) -> None:
    key = failed_chain()
    answer = ask(api, key, "rerun")
    assert answer.status_code == 201, answer.content
    shown = api.get(answer["Location"]).json()
    assert shown == answer.json() | NOTHING_LINKED
    assert (shown["rerun_of"], shown["trigger"], shown["started_by"]) == (key, "api", "engineer")
    assert (shown["title"], shown["input"]["value"], shown["version"]) == ("March", {"x": 1}, 1)
    assert shown["progress"] == {"tasks": 3, "finished": 0}


def test_a_rerun_from_failed_reuses_results_and_says_so(api: APIClient) -> None:
    key = failed_chain()
    made = ask(api, key, "rerun", {"from_task": "failed", "title": "again"}).json()
    assert (made["title"], made["progress"]) == ("again", {"tasks": 3, "finished": 1})
    address = f"{ROOT}/executions/{made['id']}/tasks"
    tasks = api.get(address).json()["results"]
    assert [(task["name"], task["status"], task["reused"]) for task in tasks] == [
        ("a", "completed", True),
        ("b", "queued", False),
        ("c", "pending", False),
    ]
    reused, other = api.get(f"{address}/a").json(), api.get(f"{address}/b").json()
    assert (reused["reused_from"], reused["attempts"], reused["output"]["value"]) == (key, [], {"by": "a"})
    assert other["reused_from"] is None
    events = api.get(f"{ROOT}/executions/{made['id']}/events", {"kind": "task.reused"}).json()["results"]
    assert [(event["task"], event["details"]) for event in events] == [("a", {"execution_id": key})]


def test_nulls_mean_what_leaving_out_means_but_for_the_input(api: APIClient) -> None:
    key = start(api)
    made = ask(api, key, "rerun", {"from_task": None, "version": None, "input": None}).json()
    assert (made["version"], made["input"]["value"]) == (1, None)


def test_another_version_can_be_run(api: APIClient) -> None:
    key = start(api)
    register(api, {**ECHO, "description": "new"})
    assert ask(api, key, "rerun").json()["version"] == 1
    assert ask(api, key, "rerun", {"version": 2}).json()["version"] == 2
    assert ask(api, key, "rerun", {"version": "current"}).json()["version"] == 2
    problem(ask(api, key, "rerun", {"version": 3}), 404, "pipeline_not_found")


def test_why_it_cannot_be_rerun_is_said_with_a_code(api: APIClient) -> None:
    key = failed_chain()
    for body, code in (
        ({"from_task": "bb"}, "unknown_task"),
        ({"from_task": "a"}, "nothing_to_reuse"),
        ({"from_task": "failed", "input": {"x": 2}}, "input_changed"),
    ):
        found = problem(ask(api, key, "rerun", body), 422, code)
        assert len(found["detail"]) > 40
    running = start(api)
    problem(ask(api, running, "rerun", {"from_task": "failed"}), 409, "still_running")
    completed = flow.start()
    flow.complete(flow.take_task(completed, "a", flow.claimant()), flow.claimant())
    problem(ask(api, completed.pk, "rerun", {"from_task": "failed"}), 422, "nothing_to_run")
    problem(ask(api, running, "rerun", {"version": 9}), 404, "pipeline_not_found")


def test_an_input_that_does_not_fit_is_refused_with_every_place(api: APIClient) -> None:
    register(api, {**ECHO, "inputs": {"x": "integer"}})
    key = submit(api).json()["id"]
    found = problem(ask(api, key, "rerun", {"input": {"x": "1"}}), 422, "invalid_input")
    assert [entry["pointer"] for entry in found["errors"]] == ["/input/x"]


def test_a_lost_value_is_a_conflict(api: APIClient) -> None:
    key = start(api, input={"x": "y" * 200_000})
    Blob.objects.all().delete()
    problem(ask(api, key, "rerun"), 409, "value_gone")
    assert ask(api, key, "rerun", {"input": {"x": 1}}).status_code == 201


def test_the_same_key_gives_the_same_rerun(api: APIClient) -> None:
    key = start(api)
    cancel_execution(execution_id=Execution.objects.get().pk)
    headers = {"Idempotency-Key": "again-1"}
    first, again = (ask(api, key, "rerun", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    problem(ask(api, key, "rerun", {"title": "x", "input": {"x": 5}}, headers=headers), 409, "idempotency_conflict")
    assert Execution.objects.count() == 2
    assert codes(problem(ask(api, key, "rerun", headers={"Idempotency-Key": "a b"}), 400)) == [
        ("invalid", "Idempotency-Key")
    ]
