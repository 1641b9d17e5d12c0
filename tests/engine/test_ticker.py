"""The ticker: one leader, takeover, duties that fail alone. (Its patience is in `test_outages`.)"""

import time
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection

from common.clock import database_now
from orchestration.engine import recovery, ticker
from orchestration.engine.ticker import Ticker, give_up_leadership, register_duty, registered_duties, take_leadership
from orchestration.models import TickerLease, Worker
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def duties(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those of the test."""
    monkeypatch.setattr(ticker, "_duties", {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The process's clock: `clock[0] += seconds` moves it."""
    now = [1000.0]
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now[0])
        yield now


def noting(done: list[object], what: object) -> Callable[[], int]:
    """A duty that notes that it was done (given the clock: when)."""

    def act() -> int:
        done.append(what[0] if isinstance(what, list) else what)
        return 1

    return act


def lead(clock: list[float], seconds: int) -> None:
    """One ticker alone, a step a second."""
    leading = Ticker("one")
    for _ in range(seconds):
        leading.step()
        clock[0] += 1


def test_the_engines_duties_are_registered() -> None:
    assert {
        "release retries", "expire leases", "enforce deadlines", "publish hints again", "abandon orphaned runs",
    } <= {duty.name for duty in registered_duties()}  # fmt: skip


def test_one_ticker_leads_and_the_others_look_on(duties: None) -> None:
    done: list[object] = []
    register_duty("count", 0.0, noting(done, "x"))
    first, second = Ticker("one"), Ticker("two")
    assert first.step() <= 1.0
    assert second.step() == ticker.LEADER_LEASE_SECONDS / 4
    assert len(done) == 1
    assert TickerLease.objects.get().holder == "one"


def test_another_ticker_takes_over_when_the_leaders_lease_ran_out() -> None:
    assert take_leadership("one", {})
    assert not take_leadership("two", {})
    TickerLease.objects.update(expires_at=database_now())
    assert take_leadership("two", {})
    assert not take_leadership("one", {})


def test_a_leader_that_stops_gives_the_lease_up() -> None:
    assert take_leadership("one", {})
    give_up_leadership("two")
    assert not take_leadership("two", {})
    give_up_leadership("one")
    assert take_leadership("two", {})


def test_two_leaders_are_harmless() -> None:
    execution = flow.start({"a": [], "b": []})
    who = flow.claimant()
    flow.take_task(execution, "a", who)
    flow.fail(flow.take_task(execution, "b", who), who, retryable=True)
    flow.make_due(execution, "lease_expires_at", "a")
    flow.make_due(execution, "not_before", "b")
    for _ in range(2):  # each leader in turn
        recovery.expire_leases()
        recovery.release_retries()
    assert flow.statuses(execution) == {"a": "queued", "b": "queued"}
    assert (flow.row(execution, "a").crashes, flow.row(execution, "a").token) == (1, 2)
    assert_sound(execution)


def test_a_duty_that_fails_is_reported_and_does_not_stop_the_others(
    duties: None, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    done: list[object] = []

    def broken() -> int:
        raise ZeroDivisionError("boom")

    register_duty("broken", 1.0, broken)
    register_duty("sound", 1.0, noting(done, "x"))
    lead(clock, seconds=8)
    assert len(done) == 8
    assert 'ticker duty "broken" failed' in caplog.text
    reports = TickerLease.objects.get().duties
    assert reports["broken"]["last_error"] == "ZeroDivisionError: boom"
    assert "last_success_at" in reports["sound"]


def test_each_duty_has_its_own_period(duties: None, clock: list[float]) -> None:
    done: list[object] = []
    register_duty("often", 1.0, noting(done, "often"))
    register_duty("seldom", 3.0, noting(done, "seldom"))
    lead(clock, seconds=6)
    assert (done.count("often"), done.count("seldom")) == (6, 2)


def test_a_database_that_is_away_is_left_to_the_loop(duties: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise OperationalError("server closed the connection unexpectedly")

    register_duty("away", 1.0, away)
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        Ticker("one").step()


def test_a_duty_whose_statement_fails_each_time_does_not_starve_those_behind_it(
    duties: None, clock: list[float]
) -> None:
    done: list[object] = []

    def slow() -> int:
        raise OperationalError("canceling statement due to statement timeout")

    register_duty("slow", 3600.0, slow)
    register_duty("sound", 1.0, noting(done, "x"))
    lead(clock, seconds=8)
    assert len(done) == 8
    report = TickerLease.objects.get().duties["slow"]
    assert report["last_error"] == "OperationalError: canceling statement due to statement timeout"


def test_a_duty_in_which_the_database_went_away_does_not_come_first_when_it_is_back(
    duties: None, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that breaks its connection each time, say by what it does, would be the only one ever done."""
    done: list[object] = []

    def breaks() -> int:
        raise OperationalError("server closed the connection unexpectedly")

    register_duty("breaks", 3600.0, breaks)
    register_duty("sound", 1.0, noting(done, "x"))
    leading = Ticker("one")
    with monkeypatch.context() as patch:
        patch.setattr(connection, "is_usable", lambda: False)
        with pytest.raises(OperationalError):
            leading.step()
    leading.step()
    assert done == ["x"]


def test_a_run_whose_process_is_gone_fails_and_says_so() -> None:
    execution = flow.start(options={"private_worker": "w1"})
    flow.take(flow.claimant("w1", is_private=True))
    assert recovery.abandon_orphans() == 0
    Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    assert recovery.abandon_orphans() == 1
    ended = flow.reload(execution)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error["code"] == "process_lost"
    assert "the process that called run() is gone" in ended.error["message"]
