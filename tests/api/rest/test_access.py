"""Who gets in: tokens, sessions, permissions, throttles."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from config.api.environment import ApiConfig
from orchestration.conf import ConfigurationError
from orchestration.services.tokens import create_token, prune_expired_tokens
from tests.api.rest.asking import ECHO, ROOT, api_patterns, fill_in, problem, register, start, submit
from tests.commands.calling import call

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
MakeUser = Callable[..., User]


def find_methods() -> list[tuple[str, str]]:
    """Every method and address of the interface."""
    found = []
    for pattern in api_patterns():
        actions = getattr(pattern.callback, "actions", None) or {"get": "retrieve"}
        found += [(method, fill_in(pattern)) for method in actions]
    return found


def client_of(user: User, days: float | None = 1) -> APIClient:
    """A program with a token of the user."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, days=days)}")
    return client


@pytest.mark.parametrize(("method", "address"), find_methods())
def test_nobody_gets_in_without_a_login(method: str, address: str) -> None:
    refused = getattr(APIClient(), method)(address)
    problem(refused, 401, "not_authenticated")
    assert refused["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "address"), find_methods())
def test_a_login_without_permissions_may_nothing(method: str, address: str, make_user: MakeUser) -> None:
    problem(getattr(client_of(make_user()), method)(address), 403, "permission_denied")


def test_who_may_look_may_not_change(api: APIClient, make_user: MakeUser) -> None:
    key = start(api)
    viewer = client_of(make_user("view_execution", "view_registeredpipeline"))
    assert viewer.get(f"{ROOT}/executions/{key}").status_code == 200
    assert viewer.get(f"{ROOT}/pipelines/echo_it").status_code == 200
    problem(submit(viewer), 403)
    problem(register(viewer, {**ECHO, "description": "new"}), 403)
    problem(viewer.post(f"{ROOT}/executions/{key}/cancel"), 403)


@pytest.mark.parametrize(
    ("permission", "ask"),
    [
        ("add_pipelineversion", lambda client, key: register(client)),
        ("add_execution", lambda client, key: submit(client)),
        ("change_execution", lambda client, key: client.post(f"{ROOT}/executions/{key}/cancel")),
        ("view_taskrun", lambda client, key: client.get(f"{ROOT}/executions/{key}/tasks")),
        ("view_executionevent", lambda client, key: client.get(f"{ROOT}/executions/{key}/events")),
        ("view_pipelineversion", lambda client, key: client.get(f"{ROOT}/pipelines/echo_it/versions")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_verb_needs_its_own_permission(
    permission: str, ask: Callable[[APIClient, str], Any], api: APIClient, make_user: MakeUser
) -> None:
    assert ask(client_of(make_user(permission)), start(api)).status_code in (200, 201)


def test_a_token_that_has_ended_is_refused(engineer: User) -> None:
    client = client_of(engineer)
    assert client.get(f"{ROOT}/executions").status_code == 200
    AuthToken.objects.update(expiry=AuthToken.objects.get().created - timedelta(seconds=1))
    problem(client.get(f"{ROOT}/executions"), 401)


def test_a_request_asks_for_its_own_token_alone_and_the_ticker_deletes_those_that_have_ended(engineer: User) -> None:
    client = client_of(engineer)
    ended = AuthToken.objects.exclude(pk=AuthToken.objects.get().pk)
    for _ in range(3):
        create_token(user=engineer, days=-1)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{ROOT}/executions").status_code == 200
    assert sum("knox_authtoken" in query["sql"] for query in queries) == 1
    assert ended.count() == 3
    assert prune_expired_tokens() == 3
    assert client.get(f"{ROOT}/executions").status_code == 200


def test_only_the_hash_of_a_token_is_stored(engineer: User) -> None:
    token = create_token(user=engineer, days=1)
    stored = AuthToken.objects.values().get()
    assert token not in str(stored)


@pytest.mark.parametrize(
    "given", ["Bearer", "Bearer x", "Bearer a b", "Bearer \x00", "Bearer ÿ", "Basic eA==", "Bearer " + "x" * 9000]
)
def test_a_bad_token_is_a_problem(given: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=given)
    problem(client.get(f"{ROOT}/executions"), 401)


def test_a_session_may_read_and_needs_the_csrf_token_to_change(engineer: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(engineer)
    assert client.get(f"{ROOT}/pipelines").status_code == 200
    assert "CSRF" in problem(register(client), 403)["detail"]


def test_the_command_makes_tokens_and_revokes_them(engineer: User) -> None:
    made = call("api_token", "engineer", "--json").document
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made['token']}")
    assert client.get(f"{ROOT}/executions").status_code == 200
    assert "1 token revoked" in call("api_token", "engineer", "--revoke").out
    problem(client.get(f"{ROOT}/executions"), 401)


@pytest.mark.parametrize("words", [("nobody",), ("engineer", "--days", "0"), ("engineer", "--days", "nan")])
def test_the_command_refuses_what_makes_no_sense(engineer: User, words: tuple[str, ...]) -> None:
    assert call("api_token", *words).code == 2
    assert not AuthToken.objects.exists()


def test_a_token_can_be_made_to_last(engineer: User) -> None:
    call("api_token", "engineer", "--never-expires")
    assert AuthToken.objects.get().expiry is None


def test_too_many_requests_are_told_when_to_come_back(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"user": "2/minute", "anon": None})
    answers = [api.get(f"{ROOT}/executions") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], 429, "throttled")
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_the_limits_come_from_the_environment() -> None:
    read = ApiConfig.from_env({"API_THROTTLE_USER": "5/second", "API_THROTTLE_ANONYMOUS": "off"})
    assert read.throttle_rates == {"user": "5/second", "anon": None}


@pytest.mark.parametrize("rate", ["5", "5/fortnight", "0/day", "-1/day", "x/day", "5/"])
def test_a_bad_rate_is_refused_by_its_name(rate: str) -> None:
    with pytest.raises(ConfigurationError, match="API_THROTTLE_USER"):
        ApiConfig.from_env({"API_THROTTLE_USER": rate})
