"""Registering, checking and reading pipelines over REST."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from orchestration.definition import Pipeline
from tests.api.rest.asking import ECHO, ECHO_YAML, ROOT, codes, problem, register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

THREE_MISTAKES = """\
name: broken
tasks:
  - name: first
    type: ekho
  - name: second
    type: echo
    dependencies: [frist]
    timeout: -1
"""


@pytest.mark.parametrize("definition", [ECHO, ECHO_YAML], ids=["json", "yaml"])
def test_a_definition_registers_as_json_and_as_yaml(api: APIClient, definition: Any) -> None:
    answer = register(api, definition)
    assert answer.status_code == 201
    assert answer.json()["pipeline"] == "echo_it"
    assert (answer.json()["number"], answer.json()["digest"]) == (1, Pipeline(ECHO).digest)
    assert api.get(answer["Location"]).json()["definition"] == Pipeline(ECHO).to_dict()


def test_the_same_definition_again_is_the_same_version(api: APIClient) -> None:
    register(api, ECHO)
    again = register(api, ECHO_YAML)
    assert (again.status_code, again.json()["created"], again.json()["number"]) == (200, False, 1)


def test_a_changed_definition_is_the_next_version_and_becomes_current(api: APIClient) -> None:
    register(api, ECHO)
    assert register(api, {**ECHO, "description": "new"}).json()["number"] == 2
    shown = api.get(f"{ROOT}/pipelines/echo_it").json()
    assert (shown["current_version"]["number"], shown["description"]) == (2, "new")
    versions = api.get(f"{ROOT}/pipelines/echo_it/versions").json()["results"]
    assert [(version["number"], version["is_current"]) for version in versions] == [(2, True), (1, False)]


def test_a_pipeline_can_be_registered_under_another_id(api: APIClient) -> None:
    assert register(api, pipeline_id="mine").json()["pipeline"] == "mine"
    assert api.get(f"{ROOT}/pipelines/mine").json()["id"] == "mine"


def test_every_mistake_is_named_with_its_place(api: APIClient) -> None:
    found = problem(register(api, THREE_MISTAKES), 422, "invalid_definition")
    assert codes(found) == [
        ("unknown_task_type", "/tasks/0/type"),
        ("unknown_dependency", "/tasks/1/dependencies/0"),
        ("out_of_range", "/tasks/1/timeout"),
    ]
    misspelt = found["errors"][0]
    assert (misspelt["line"], misspelt["task"], misspelt["suggestion"]) == (4, "first", "echo")


def test_a_mistake_in_json_has_its_line_too(api: APIClient) -> None:
    text = json.dumps(ECHO, indent=1).replace('"echo"', '"ekho"')
    answer = api.post(f"{ROOT}/pipelines", data=text, content_type="application/json")
    assert problem(answer, 422)["errors"][0]["line"] == 6


def test_validate_tells_the_same_and_registers_nothing(api: APIClient) -> None:
    refused = problem(register(api, THREE_MISTAKES), 422)
    answer = api.post(f"{ROOT}/pipelines/validate", data=THREE_MISTAKES, content_type="application/yaml")
    assert (answer.status_code, answer.json()["valid"]) == (200, False)
    assert [e["message"] for e in answer.json()["errors"]] == [e["message"] for e in refused["errors"]]
    valid = api.post(f"{ROOT}/pipelines/validate", data=ECHO_YAML, content_type="application/yaml").json()
    assert (valid["valid"], valid["errors"], valid["digest"]) == (True, [], Pipeline(ECHO).digest)
    assert api.get(f"{ROOT}/pipelines").json()["results"] == []


def test_a_model_nobody_configured_is_a_warning(api: APIClient) -> None:
    task = {"name": "say", "type": "text_generation", "model": "no-such-model", "parameters": {"prompt": "x"}}
    warnings = register(api, {"name": "asks", "tasks": [task]}).json()["warnings"]
    assert [warning["code"] for warning in warnings] == ["unknown_model"]


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ("", "application/yaml", "empty"),
        ("{", "application/json", None),
        ("a: [", "text/plain", None),
        (b"\xff\xfe", "application/yaml", "not_utf8"),
        ('{"name": "a\\u0000b"}', "application/json", "bad_character"),
        ('{"name": "a\\ud800b"}', "application/json", "bad_character"),
        ("[" * 5000, "application/json", None),
        ("x" * 1_000_001, "application/yaml", "too_large"),
        ("x" * 1_500_000, "application/json", "too_large"),
    ],
    ids=["empty", "json", "yaml", "utf8", "nul", "surrogate", "deep", "large", "larger"],
)
def test_a_body_that_is_no_definition_gets_a_problem(api: APIClient, body: Any, kind: str, code: str | None) -> None:
    found = problem(api.post(f"{ROOT}/pipelines", data=body, content_type=kind), 422, "invalid_definition")
    assert code is None or code in [entry["code"] for entry in found["errors"]]


@pytest.mark.parametrize("name", ["a/b", "../x", "", "a b", "ä", "x" * 201, "a\n", "a\x00"])
def test_an_id_that_cannot_be_an_address_is_refused(api: APIClient, name: str) -> None:
    found = problem(register(api, pipeline_id=name), 400, "invalid_request")
    assert found["errors"][0]["parameter"] == "pipeline_id"


def test_an_address_of_the_interface_cannot_be_an_id(api: APIClient) -> None:
    problem(register(api, {**ECHO, "name": "validate"}), 422, "reserved_name")


def test_an_unknown_pipeline_is_a_problem_that_names_the_nearest(api: APIClient) -> None:
    register(api)
    found = problem(api.get(f"{ROOT}/pipelines/echo_itt"), 404, "pipeline_not_found")
    assert 'did you mean "echo_it"' in found["detail"]
    problem(api.get(f"{ROOT}/pipelines/nothing/versions"), 404, "pipeline_not_found")


@pytest.mark.parametrize("number", ["2", "99999999999999999999999", "9" * 5000])
def test_an_unknown_version_is_a_problem(api: APIClient, number: str) -> None:
    register(api)
    problem(api.get(f"{ROOT}/pipelines/echo_it/versions/{number}"), 404)


def test_the_schema_of_inputs_is_plain_json_schema(api: APIClient) -> None:
    register(api, {**ECHO, "inputs": {"x": "integer"}})
    schema = api.get(f"{ROOT}/pipelines/echo_it/schema").json()
    assert schema["properties"]["x"]["type"] == "integer"


def test_a_pipeline_without_inputs_takes_anything(api: APIClient) -> None:
    register(api)
    assert api.get(f"{ROOT}/pipelines/echo_it/schema").json() is True
    found = problem(api.get(f"{ROOT}/pipelines/echo_it/schema", {"version": "x"}), 400)
    assert codes(found) == [("invalid", "version")]


def test_the_editor_schema_knows_the_task_types(api: APIClient) -> None:
    schema = api.get(f"{ROOT}/schema/pipeline.json").json()
    assert {"echo", "extraction"} <= set(schema["$defs"]["TaskConfig"]["properties"]["type"]["enum"])


def test_pipelines_can_be_searched(api: APIClient) -> None:
    for name in ("alpha", "beta", "alphabet"):
        register(api, pipeline_id=name)
    found = api.get(f"{ROOT}/pipelines", {"search": "ALPHA"}).json()["results"]
    assert [pipeline["id"] for pipeline in found] == ["alpha", "alphabet"]


def test_a_list_of_pipelines_takes_the_same_queries_for_50_as_for_one(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for number in range(51):
        register(api, pipeline_id=f"p{number}")
    with django_assert_num_queries(1):
        assert len(api.get(f"{ROOT}/pipelines").json()["results"]) == 50


def test_a_list_of_versions_takes_three_queries(api: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(51):
        register(api, {**ECHO, "version": f"1.{number}"})
    with django_assert_num_queries(2):
        assert len(api.get(f"{ROOT}/pipelines/echo_it/versions").json()["results"]) == 50
