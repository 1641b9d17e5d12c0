"""A COMMIT whose answer got lost, and a database that is away: no effect twice, no result lost."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection

from orchestration.engine import runner, store
from orchestration.engine.outcomes import Completed
from orchestration.engine.store import statements
from orchestration.models import TaskAttempt
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db(transaction=True)
LoseAnswer = Callable[..., list[str]]


@pytest.fixture
def lose_answer(monkeypatch: pytest.MonkeyPatch) -> LoseAnswer:
    """Let the next COMMIT, or statement that is a transaction of its own, be applied or not, then fail."""

    def arrange(*, applied: bool) -> list[str]:
        commit, fetch = connection.commit, statements.fetch
        lost: list[str] = []

        def lose() -> None:
            lost.append("once")
            raise OperationalError("server closed the connection unexpectedly")

        def commit_or_lose() -> None:
            if lost or applied:
                commit()
            else:
                connection.rollback()
            if not lost:
                lose()

        def fetch_or_lose(statement: statements.Statement, parameters: dict[str, Any]) -> Any:
            if connection.in_atomic_block or lost:
                return fetch(statement, parameters)
            if applied:
                fetch(statement, parameters)
            return lose()

        monkeypatch.setattr(connection, "commit", commit_or_lose)
        monkeypatch.setattr(statements, "fetch", fetch_or_lose)
        return lost

    return arrange


@pytest.mark.parametrize("applied", [True, False])
def test_a_claim_whose_commit_is_unclear_is_one_claim(lose_answer: LoseAnswer, applied: bool) -> None:
    execution = flow.start()
    hint, who = flow.hint_of(execution, "a"), flow.claimant()
    lost = lose_answer(applied=applied)
    claim = store.claim(hint, who)
    assert lost
    assert claim is not None
    assert claim.token == flow.row(execution).token == 1
    assert flow.event_kinds(execution).count("task.started a") == 1
    assert_sound(execution)


@pytest.mark.parametrize("applied", [True, False])
def test_a_claim_of_the_oldest_whose_commit_is_unclear_is_one_claim(lose_answer: LoseAnswer, applied: bool) -> None:
    execution, who = flow.start(flow.FAN), flow.claimant()
    lost = lose_answer(applied=applied)
    claim = store.claim_oldest(who)
    assert lost
    assert claim is not None
    assert (claim.name, claim.token) == ("a", 1)
    assert list(flow.statuses(execution).values()).count("running") == 1
    assert_sound(execution)


@pytest.mark.parametrize("applied", [True, False])
def test_a_result_whose_commit_is_unclear_is_recorded_once(lose_answer: LoseAnswer, applied: bool) -> None:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    claim = flow.take(who)
    lost = lose_answer(applied=applied)
    step = runner.record(claim, Completed({"x": 1}), who, take_next=True)
    assert lost
    assert step.accepted
    assert step.next_claim is not None
    assert (step.next_claim.name, step.next_claim.token) == ("b", 1)
    assert TaskAttempt.objects.filter(task_run__execution=execution).count() == 1
    assert_sound(execution)


@pytest.mark.parametrize("applied", [True, False])
def test_the_last_result_whose_commit_is_unclear_ends_the_execution_once(
    lose_answer: LoseAnswer, applied: bool
) -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    lose_answer(applied=applied)
    assert runner.record(claim, Completed({"x": 1}), who, take_next=True).accepted
    assert flow.reload(execution).status == "completed"
    assert flow.event_kinds(execution).count("execution.completed") == 1
    assert_sound(execution)


@pytest.mark.parametrize("applied", [True, False])
def test_a_crash_whose_commit_is_unclear_is_counted_once(lose_answer: LoseAnswer, applied: bool) -> None:
    execution = flow.start()
    claim = flow.take(flow.claimant())
    lose_answer(applied=applied)
    store.lose_worker(claim.task_run_id, claim.token, message="gone")
    assert (flow.row(execution).crashes, flow.row(execution).status) == (1, "queued")
    assert_sound(execution)


def test_a_result_is_kept_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    failures_left, record = [1, 2, 3], store.record
    waited: list[float] = []

    def away(*args: object, **kwargs: object) -> object:
        if failures_left:
            failures_left.pop()
            raise OperationalError("the database system is starting up")
        return record(*args, **kwargs)  # type: ignore[arg-type]  # passes on what it was given

    monkeypatch.setattr(store, "record", away)
    monkeypatch.setattr(time, "sleep", waited.append)
    assert runner.record(claim, Completed({"x": 1}), who, take_next=False).accepted
    assert waited == [0.1, 0.2, 0.4]
    assert flow.row(execution).output == {"x": 1}


def test_a_result_kept_until_its_token_was_lost_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    record = store.record
    seen: list[str] = []

    def away(*args: object, **kwargs: object) -> object:
        if seen:
            return record(*args, **kwargs)  # type: ignore[arg-type]  # passes on what it was given
        seen.append("away")
        store.lose_worker(claim.task_run_id, claim.token, message="its lease ran out")
        raise OperationalError("gone")

    monkeypatch.setattr(store, "record", away)
    assert not runner.record(claim, Completed({"x": 1}), who, take_next=False).accepted
    assert flow.row(execution).status == "queued"
    assert_sound(execution)
