"""Fixtures of the page tests: a client for each role, and executions in every state, made through the engine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from orchestration.engine import store
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution
from orchestration.services.executions import cancel_execution, pause_execution
from tests.engine import flow

READING = ("view_execution", "view_registeredpipeline")
OPERATING = (*READING, "add_execution", "change_execution")


class MakeExecution(Protocol):
    """Makes an execution that stands as `state` says: a status of executions, or `queued` (accepted, not claimed)."""

    def __call__(self, state: str = "completed", *, graph: flow.Graph = flow.ONE, **started: Any) -> Execution:
        """`started` goes to `flow.start`: `input_data`, `options` of `execute_pipeline`, parts of the definition."""


@pytest.fixture(autouse=True)
def fresh_process(settings: Any) -> Iterator[None]:
    """Nothing of an earlier test: a rolled-back test gives its versions' ids to the next one."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # as collectstatic does; WhiteNoise warns without it
    pipeline_of.cache_clear()
    yield
    pipeline_of.cache_clear()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """A user with the permissions named, such as `view_execution`."""

    def make(*permissions: str, name: str = "somebody") -> User:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def make_client(make_user: Callable[..., User]) -> Callable[..., Client]:
    """A browser in which a user with the permissions named is logged in."""

    def make(*permissions: str, name: str = "somebody") -> Client:
        return logged_in(make_user(*permissions, name=name))

    return make


@pytest.fixture
def engineer(db: None) -> Client:
    """Logged in as `engineer`, who may do everything."""
    return logged_in(User.objects.create_superuser("engineer"))


@pytest.fixture
def operator(make_client: Callable[..., Client]) -> Client:
    """Logged in as `operator`, who reads, starts and stops executions, and registers nothing."""
    return make_client(*OPERATING, name="operator")


@pytest.fixture
def reader(make_client: Callable[..., Client]) -> Client:
    """Logged in as `reader`, who looks and changes nothing."""
    return make_client(*READING, name="reader")


@pytest.fixture
def stranger(make_client: Callable[..., Client]) -> Client:
    """Logged in as `stranger`, who may do nothing."""
    return make_client(name="stranger")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def make_execution(db: None) -> MakeExecution:
    """See `MakeExecution`. Its tasks are `echo` tasks named as in `graph`; failing and waiting hit the first one."""

    def make(state: str = "completed", *, graph: flow.Graph = flow.ONE, **started: Any) -> Execution:
        if state == "timed_out":
            started = {"timeout": 3600.0, **started}
        if state == "waiting":
            started = {"each": {"retry": {"max_attempts": 3}}, **started}
        execution = flow.start(graph, **started)
        BRING_INTO[state](execution)
        return flow.reload(execution)

    return make


def _leave(execution: Execution) -> None:
    """As it is after its start."""


def _run(execution: Execution) -> None:
    flow.take_task(execution, _first(execution), flow.claimant())


def _wait(execution: Execution) -> None:
    _fail_all_ready(execution, retryable=True, delay_seconds=600.0)


def _fail(execution: Execution) -> None:
    _fail_all_ready(execution)


def _fail_all_ready(execution: Execution, **outcome: Any) -> None:
    who = flow.claimant()
    while (name := _first_queued(execution)) is not None:
        flow.fail(flow.take_task(execution, name, who), who, **outcome)


def _complete(execution: Execution) -> None:
    who = flow.claimant()
    while (name := _first_queued(execution)) is not None:
        flow.complete(flow.take_task(execution, name, who), who, {"from": name})


def _pause(execution: Execution) -> None:
    pause_execution(execution_id=execution.pk)


def _cancel(execution: Execution) -> None:
    cancel_execution(execution_id=execution.pk, reason="no longer needed")


def _time_out(execution: Execution) -> None:
    flow.make_due(execution, "deadline_at")
    store.time_out_execution(execution.pk)


def _first(execution: Execution) -> str:
    name = _first_queued(execution)
    assert name is not None, "nothing is queued"
    return name


def _first_queued(execution: Execution) -> str | None:
    queued = execution.task_runs.filter(status="queued").order_by("position")
    return queued.values_list("name", flat=True).first()


BRING_INTO: dict[str, Callable[[Execution], None]] = {
    "pending": _leave,
    "queued": _leave,
    "running": _run,
    "waiting": _wait,
    "paused": _pause,
    "completed": _complete,
    "failed": _fail,
    "cancelled": _cancel,
    "timed_out": _time_out,
}
