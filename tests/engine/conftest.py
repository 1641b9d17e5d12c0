"""Fixtures of the engine tests."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from celery import Celery
from django.conf import settings as django_settings

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from common import resilience
from orchestration.engine import capacity, dispatch
from orchestration.engine.store import claiming, recording

Capture = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.ORCHESTRATION` for this test."""

    def change(**fields: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)

    return change


@pytest.fixture
def broker(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Celery:
    """As if a broker and idle workers were there; what is published stays in this process's memory, see `messages`."""
    monkeypatch.setattr(capacity, "listeners", lambda: [capacity.Listener("idle", ("default", "io"), 100)])
    configure(celery_broker_url="memory://")
    app = Celery("tests", broker="memory://", set_as_current=False)
    app.conf.task_default_queue = django_settings.CELERY_TASK_DEFAULT_QUEUE
    monkeypatch.setattr(dispatch, "celery_app", lambda: app)
    monkeypatch.setattr(dispatch, "_broker_rests_until", 0.0)
    messages(app)
    return app


def messages(app: Celery, name: str = "default") -> list[tuple[int, int]]:
    """Take every message out of one of the broker's queues: (task run, token)."""
    found = []
    with app.connection_for_read() as connection, connection.SimpleQueue(name) as queue:
        while (message := queue.queue.get(no_ack=True)) is not None:
            found.append(tuple(message.payload[0]))
    return found


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing, as a child in the middle of a task."""
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield started
    started.kill()
    started.wait()


@pytest.fixture
def trouble_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock must not be hidden by being tried again."""

    def tell() -> None:
        raise AssertionError("a verb met trouble with the database")

    monkeypatch.setattr(resilience, "ATTEMPTS", 1)
    for module in (resilience, claiming, recording):
        monkeypatch.setattr(module, "drop_broken_connection", tell)
