"""An execution's events: as pages, and as a live stream over a real threaded server."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from orchestration.api import streams
from orchestration.api.streams import EventStream
from orchestration.services.executions import cancel_execution
from orchestration.services.tokens import create_token
from tests.api.rest.asking import ROOT, codes, problem, start
from tests.services import wait_until

SSE = {"Accept": "text/event-stream"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that look often, and none left open by an earlier test."""
    monkeypatch.setattr(EventStream, "poll_seconds", 0.02)
    monkeypatch.setattr(streams.slots, "taken", 0)


def events_in(text: str) -> list[dict[str, Any]]:
    """The `data` of each event of a stream."""
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def read_all(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def cancel(key: str) -> None:
    cancel_execution(execution_id=UUID(key))


@pytest.mark.django_db
def test_events_are_listed_in_order(api: APIClient) -> None:
    key = start(api)
    cancel(key)
    found = api.get(f"{ROOT}/executions/{key}/events").json()["results"]
    assert [(event["kind"], event["task"]) for event in found] == [
        ("execution.created", None),
        ("task.cancelled", "say"),
        ("execution.cancelled", None),
    ]
    after = api.get(f"{ROOT}/executions/{key}/events", {"after": found[0]["id"]}).json()["results"]
    assert after == found[1:]


@pytest.mark.django_db
def test_a_list_of_events_takes_two_queries(api: APIClient, django_assert_num_queries: Any) -> None:
    key = start(api)
    cancel(key)
    with django_assert_num_queries(2):
        api.get(f"{ROOT}/executions/{key}/events")


@pytest.mark.django_db
def test_the_stream_of_an_ended_execution_replays_and_ends(api: APIClient) -> None:
    key = start(api)
    cancel(key)
    answer = api.get(f"{ROOT}/executions/{key}/events", headers=SSE)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    listed = api.get(f"{ROOT}/executions/{key}/events").json()["results"]
    assert events_in(read_all(answer)) == listed
    assert streams.slots.taken == 0


@pytest.mark.django_db
def test_a_stream_goes_on_where_the_client_left_off(api: APIClient) -> None:
    key = start(api)
    cancel(key)
    first, *rest = api.get(f"{ROOT}/executions/{key}/events").json()["results"]
    headers = {**SSE, "Last-Event-ID": str(first["id"])}
    assert events_in(read_all(api.get(f"{ROOT}/executions/{key}/events", headers=headers))) == rest


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_client_that_has_everything_is_told_not_to_come_back(api: APIClient) -> None:
    key = start(api)
    cancel(key)
    last = api.get(f"{ROOT}/executions/{key}/events").json()["results"][-1]["id"]
    headers = {**SSE, "Last-Event-ID": str(last)}
    assert api.get(f"{ROOT}/executions/{key}/events", headers=headers).status_code == 204


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("given", ["x", "-1", "9" * 30, "1.5", ""])
def test_a_bad_last_event_id_is_refused(api: APIClient, given: str) -> None:
    headers = {**SSE, "Last-Event-ID": given}
    found = problem(api.get(f"{ROOT}/executions/{start(api)}/events", headers=headers), 400)
    assert codes(found) == [("invalid", "Last-Event-ID")]


@pytest.mark.one_database
@pytest.mark.django_db
def test_errors_of_a_stream_are_problems_too(api: APIClient) -> None:
    problem(api.get(f"{ROOT}/executions/nothing/events", headers=SSE), 404, "execution_not_found")
    problem(api.get(f"{ROOT}/executions", headers=SSE), 406)


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_full_server_refuses_streams_and_serves_everything_else(
    api: APIClient, configure_api: Callable[..., None]
) -> None:
    configure_api(api_max_streams=1)
    key = start(api)
    address, another = f"{ROOT}/executions/{key}/events", f"{ROOT}/executions/{start(api)}/events"
    open_stream = api.get(address, headers=SSE)
    refused = api.get(another, headers=SSE)
    problem(refused, 503, "too_many_streams")
    assert int(refused["Retry-After"]) > 0
    assert api.get(another).status_code == 200
    cancel(key)
    read_all(open_stream)
    assert api.get(another, headers=SSE).status_code == 200


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_silent_stream_says_that_it_is_there(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventStream, "heartbeat_seconds", 0.05)
    answer: Any = api.get(f"{ROOT}/executions/{start(api)}/events", headers=SSE)
    chunks = iter(answer.streaming_content)
    assert any(chunk.startswith(b":") for chunk in (next(chunks) for _ in range(5)))
    answer.close()


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_forgotten_stream_ends_by_itself(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventStream, "longest_seconds", 0.1)
    assert "execution.created" in read_all(api.get(f"{ROOT}/executions/{start(api)}/events", headers=SSE))


@pytest.mark.django_db(transaction=True)
def test_a_waiting_stream_holds_no_connection(api: APIClient) -> None:
    answer: Any = api.get(f"{ROOT}/executions/{start(api)}/events", headers=SSE)
    chunks = iter(answer.streaming_content)
    assert next(chunks).startswith(b"retry:")
    assert next(chunks).startswith(b"id:")
    assert connection.connection is None
    answer.close()


class Reader(threading.Thread):
    """A client of the live server, reading a stream to its end."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__()
        place = urlsplit(address)
        self.connection = http.client.HTTPConnection(place.netloc, timeout=60)
        self.connection.request("GET", place.path, headers={**SSE, "Authorization": f"Bearer {token}"})
        self.response = self.connection.getresponse()
        self.lines: list[str] = []

    def run(self) -> None:
        self.lines.extend(line.decode() for line in self.response)
        self.connection.close()


@pytest.fixture
def token(transactional_db: None) -> str:
    return create_token(user=User.objects.create_superuser("reader"), days=1)


@pytest.fixture
def readers(live_server: Any, token: str, api: APIClient) -> Iterator[tuple[str, list[Reader]]]:
    """An execution, and three readers of its stream."""
    key = start(api)
    found = [Reader(f"{live_server.url}{ROOT}/executions/{key}/events", token) for _ in range(3)]
    for reader in found:
        reader.start()
    yield key, found
    for reader in found:
        reader.join()


@pytest.mark.django_db(transaction=True)
def test_readers_see_what_happens_as_it_happens_until_the_end(readers: tuple[str, list[Reader]]) -> None:
    key, found = readers
    wait_until(lambda: all("execution.created" in "".join(reader.lines) for reader in found))
    assert streams.slots.taken == 3
    cancel(key)
    for reader in found:
        reader.join(60)
        assert events_in("".join(reader.lines))[-1]["kind"] == "execution.cancelled"
    wait_until(lambda: streams.slots.taken == 0)
