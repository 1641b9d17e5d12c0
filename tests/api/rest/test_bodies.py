"""What is wrong with a request as such: always a problem, whatever it asks for."""

import json
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from config.api.bodies import JSONParser, JSONRenderer, MalformedJSON
from tests.api.rest.asking import ROOT, problem, register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
JSON = "application/json"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"a": 1,}',
        "nul",
        '{"pipeline": NaN}',
        '{"pipeline": Infinity}',
        '{"pipeline": "p", "input": {"x": -1e400}}',
        b'{"pipeline": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 5000,
    ],
    ids=range(11),
)
def test_a_body_that_is_not_json_is_refused(api: APIClient, body: Any) -> None:
    problem(api.post(f"{ROOT}/executions", data=body, content_type=JSON), 400, "malformed_json")


def test_the_place_in_a_malformed_body_is_named(api: APIClient) -> None:
    found = problem(api.post(f"{ROOT}/executions", data='{"a": 1,\n b}', content_type=JSON), 400)
    assert (found["errors"][0]["line"], found["errors"][0]["column"]) == (2, 2)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", "a/b;\x00"]
)
def test_another_media_type_is_refused(api: APIClient, kind: str) -> None:
    problem(api.post(f"{ROOT}/executions", data="{}", content_type=kind), 415)


def test_a_body_over_the_limit_is_refused(api: APIClient, configure_api: Callable[..., None]) -> None:
    configure_api(api_max_body_bytes=1000)
    body = '{"pipeline": "' + "x" * 1000 + '"}'
    problem(api.post(f"{ROOT}/executions", data=body, content_type=JSON), 413, "body_too_large")


def test_a_body_in_chunks_is_refused_rather_than_taken_for_empty(api: APIClient) -> None:
    problem(api.post(f"{ROOT}/executions", {}, headers={"Transfer-Encoding": "chunked"}), 411, "length_required")


def test_a_document_of_20_megabytes_is_an_input(api: APIClient) -> None:
    register(api)
    body = '{"pipeline": "echo_it", "input": {"x": "' + "x" * 20_000_000 + '"}}'
    answer = api.post(f"{ROOT}/executions", data=body, content_type=JSON)
    assert answer.status_code == 201
    assert answer.json()["input"]["size"] > 20_000_000


def test_an_input_too_deep_to_store_is_refused(api: APIClient) -> None:
    register(api)
    body = '{"pipeline": "echo_it", "input": ' + "[" * 500 + "]" * 500 + "}"
    problem(api.post(f"{ROOT}/executions", data=body, content_type=JSON), 422, "invalid_input")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "post"])
def test_a_method_that_is_not_there_is_refused(api: APIClient, method: str) -> None:
    refused = api.generic(method.upper(), f"{ROOT}/pipelines/echo_it")
    problem(refused, 405, "method_not_allowed")
    assert "GET" in refused["Allow"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "image/*"])
def test_what_cannot_be_given_is_refused(api: APIClient, accept: str) -> None:
    problem(api.get(f"{ROOT}/pipelines", headers={"Accept": accept}), 406)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/pipelines", "/api/v1/pipelines/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_address_is_a_problem(method: str, path: str) -> None:
    problem(Client().generic(method, path), 404, "not_found")


def test_a_defect_of_ours_is_a_problem_without_details(engineer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(engineer)
    monkeypatch.setattr("orchestration.api.pipelines.list_pipelines", lambda: 1 / 0)
    found = problem(client.get(f"{ROOT}/pipelines"), 500, "internal_error")
    assert "division" not in str(found)


def test_a_database_that_is_away_asks_to_try_again(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("connection refused by 10.0.0.1")

    monkeypatch.setattr("orchestration.api.executions.find_whole_execution", fail)
    refused = api.get(f"{ROOT}/executions/1")
    assert "10.0.0.1" not in str(problem(refused, 503, "database_unavailable"))
    assert int(refused["Retry-After"]) > 0


def test_a_host_that_is_not_ours_is_a_problem() -> None:
    problem(Client(headers={"Host": "evil.example"}).get(f"{ROOT}/pipelines"), 400, "bad_request")


@given(st.binary(max_size=200))
def test_the_parser_takes_or_refuses_any_bytes(raw: bytes) -> None:
    with suppress(MalformedJSON):
        JSONParser().parse(BytesIO(raw))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_every_json_value_of_python_renders_as_strict_json(value: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(JSONRenderer().render(value).decode("utf-8"), parse_constant=refuse)


TEXTS = st.text(st.characters(), max_size=200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.sampled_from([JSON, "application/yaml", "text/plain"]))
def test_any_text_can_be_validated(api: APIClient, text: str, kind: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    answer = api.post(f"{ROOT}/pipelines/validate", data=body, content_type=kind)
    assert answer.status_code == 200
    assert answer.json()["valid"] is not bool(answer.json()["errors"])
