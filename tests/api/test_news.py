"""The end of an execution is told over Redis; who waits sees it at once, and without Redis only a little later."""

import threading
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings

import tests.sample_handlers  # noqa: F401  # registers the task types used here
from orchestration import news, waiting
from orchestration.news import ears_for, tell
from orchestration.pacing import Bounds
from orchestration.services.executions import cancel_execution
from tests.engine import flow
from tests.services import RedisServer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENT = Bounds(80.0, 80.0)  # so that only news can wake a waiter within a test


@pytest.fixture
def with_redis(redis_server: RedisServer, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"celery_broker_url": redis_server.url(1)})
    monkeypatch.setattr(news, "_rests_until", 0.0)
    yield
    news._client.cache_clear()


def soon(act: object, *arguments: object, **named: object) -> threading.Thread:
    thread = threading.Timer(0.2, act, arguments, named)  # type: ignore[arg-type]
    thread.start()
    return thread


@pytest.mark.usefixtures("with_redis")
def test_a_waiter_is_woken_by_the_end_it_waits_for() -> None:
    execution_id = uuid4()
    with ears_for(execution_id) as ears:
        assert ears.can_hear
        teller = soon(tell, execution_id=execution_id, status="completed")
        assert ears.rest(60)
    teller.join()


@pytest.mark.usefixtures("with_redis")
def test_other_ends_and_what_is_no_end_wake_nobody() -> None:
    execution_id = uuid4()
    with ears_for(execution_id) as ears:
        tell(execution_id=uuid4(), status="completed")
        tell(execution_id=execution_id, status="running")
        began = time.monotonic()
        assert not ears.rest(0.3)
    assert time.monotonic() - began >= 0.3


@pytest.mark.usefixtures("with_redis")
def test_waiting_for_an_execution_returns_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LISTENING", PATIENT)
    execution_id = flow.start({"a": []}).pk
    ending, began = soon(_cancel, execution_id), time.monotonic()
    assert waiting.wait_for_end(execution_id, timeout=90)
    ending.join()
    assert time.monotonic() - began < 60


@pytest.mark.usefixtures("with_redis")
def test_a_redis_that_goes_away_makes_the_waiter_look_instead(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution_id = flow.start({"a": []}).pk

    def end_without_news() -> None:
        redis_server.stop()
        _cancel(execution_id)

    ending = soon(end_without_news)
    assert waiting.wait_for_end(execution_id, timeout=60)
    ending.join()


@pytest.mark.usefixtures("with_redis")
def test_telling_nobody_while_redis_is_away_is_harmless_and_said_once(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.stop()
    for _ in range(50):
        tell(execution_id=uuid4(), status="completed")
    assert len([line for line in caplog.messages if "Redis does not answer" in line]) == 1
    with ears_for(uuid4()) as ears:
        assert not ears.can_hear


def test_without_redis_a_waiter_just_looks() -> None:
    execution_id = flow.start({"a": []}).pk
    ending = soon(_cancel, execution_id)
    assert waiting.wait_for_end(execution_id, timeout=60)
    ending.join()


def test_a_waiter_gives_up_at_its_timeout() -> None:
    began = time.monotonic()
    assert not waiting.wait_for_end(flow.start({"a": []}).pk, timeout=0.2)
    assert 0.2 <= time.monotonic() - began < 60


def _cancel(execution_id: UUID) -> None:
    from django.db import connection

    try:
        cancel_execution(execution_id=execution_id)
    finally:
        connection.close()
