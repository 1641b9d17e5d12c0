"""The OpenAPI document: complete, without warnings, and shown by pages that work offline."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern
from rest_framework.test import APIClient

from tests.api.rest.asking import ROOT, api_patterns, problem

pytestmark = pytest.mark.one_database


@pytest.fixture
def document(api: APIClient) -> Any:
    return api.get(f"{ROOT}/openapi.json").json()


def as_template(pattern: URLPattern) -> str:
    return "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))


def test_it_is_made_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


@pytest.mark.django_db
def test_it_is_of_version_3_1_and_names_every_address(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {as_template(pattern) for pattern in api_patterns()}


@pytest.mark.django_db
def test_every_operation_says_what_it_does_and_how_it_fails(document: Any) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            said = (path, method)
            assert operation["summary"], said
            assert {"400", "401", "403", "406", "429", "503"} <= set(operation["responses"]), said
            assert ("404" in operation["responses"]) >= ("{" in path), said
            assert operation["security"], said


@pytest.mark.django_db
def test_the_bearer_token_and_the_session_are_described(document: Any) -> None:
    schemes = document["components"]["securitySchemes"].values()
    assert {(scheme["type"], scheme.get("scheme"), scheme.get("in")) for scheme in schemes} == {
        ("http", "bearer", None),
        ("apiKey", None, "cookie"),
    }


def _headers(answer: Any) -> dict[str, str]:
    """All but what is another with each request."""
    return {name: value for name, value in answer.items() if name != "X-Request-ID"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_it_is_made_once_and_the_same_for_all_who_may_read_it(name: str, api: APIClient) -> None:
    first, again = api.get(f"{ROOT}/{name}"), api.get(f"{ROOT}/{name}")
    assert first.content == again.content
    assert _headers(first) == _headers(again)
    problem(APIClient().get(f"{ROOT}/{name}"), 401)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["docs", "docs?script=", "redoc", "openapi.json", "openapi.yaml"])
def test_the_pages_ask_no_other_host(page: str, engineer: User) -> None:
    if page.startswith("openapi"):
        problem(Client().get(f"{ROOT}/{page}"), 401)
    else:
        assert Client().get(f"{ROOT}/{page}")["Location"].startswith(f"/login/?next={ROOT}/")
    client = Client()
    client.force_login(engineer)
    answer = client.get(f"{ROOT}/{page}")
    assert answer.status_code == 200
    if page in ("docs", "redoc"):
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        asked = re.findall(r'(?:src|href)="([^"]+)"', answer.content.decode())
        assert all(address.startswith("/") for address in asked)
        static = [address.removeprefix("/static/") for address in asked if address.startswith("/static/")]
        assert static
        assert all(finders.find(path) for path in static)
