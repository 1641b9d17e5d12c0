"""After an outage nobody is taken for dead, and nothing killed, before those who live could have been heard."""

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError

from orchestration.engine import keeper, process, ticker
from orchestration.engine.keeper import Keeper, register_worker
from orchestration.engine.patience import Patience, needed_seconds
from orchestration.engine.ticker import Ticker, register_duty
from orchestration.handlers.catalog import runnable_task_types
from orchestration.models import Execution, TickerLease, Worker
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db

LONG_AGO = "2020-01-01T00:00:00Z"


class Clock:
    """The process's clock, and whether the database answers."""

    now = 1000.0
    database_is_away = False

    def pass_seconds(self, seconds: float, step: Callable[[], float], *, rest: float = 0.5) -> None:
        """Time passes as it does for a background loop: a step, a rest, and so on; one that fails rests longest."""
        until = self.now + seconds
        while self.now < until:
            try:
                step()
                self.now += rest
            except OperationalError:
                self.now += 5

    def fail_when_away(self) -> None:
        if self.database_is_away:
            raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made, lead = Clock(), ticker.take_leadership

    def lead_if_there(*words: object) -> bool:
        made.fail_when_away()
        return lead(*words)  # type: ignore[arg-type]  # passes on what it was given

    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: made.now)
        patch.setattr(ticker, "take_leadership", lead_if_there)
        yield made


@pytest.fixture
def judged(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When those who were silent were judged: the only duties are that and one that may be done at any time."""
    times: list[float] = []
    monkeypatch.setattr(ticker, "_duties", {})
    register_duty("any time", 0.5, clock.fail_when_away)
    register_duty("judge", 2.0, lambda: times.append(clock.now), judges_silence=True)
    return times


def test_a_ticker_judges_nobody_when_it_has_just_come(clock: Clock, judged: list[float]) -> None:
    leading = Ticker("one")
    clock.pass_seconds(needed_seconds(), leading.step)
    assert judged == []
    clock.pass_seconds(4, leading.step)
    assert judged == [1000 + needed_seconds(), 1002 + needed_seconds()]


@pytest.mark.parametrize("seconds", [10, 33, 600])
def test_a_ticker_judges_nobody_right_after_an_outage(clock: Clock, judged: list[float], seconds: int) -> None:
    leading = Ticker("one", Patience(answered_at=clock.now))
    clock.pass_seconds(4, leading.step)
    assert judged
    clock.database_is_away = True
    clock.pass_seconds(seconds, leading.step)
    clock.database_is_away, back = False, clock.now
    judged.clear()
    clock.pass_seconds(needed_seconds() + 4, leading.step)
    assert judged[0] == back + needed_seconds()


def test_a_ticker_judges_nobody_right_after_it_slept(clock: Clock, judged: list[float]) -> None:
    leading = Ticker("one", Patience(answered_at=clock.now))
    leading.step()
    clock.now += 40
    judged.clear()
    clock.pass_seconds(needed_seconds() + 4, leading.step)
    assert judged[0] == 1040 + needed_seconds()


def test_a_ticker_judges_nobody_when_the_database_hung_in_the_duty_before(clock: Clock, judged: list[float]) -> None:
    leading = Ticker("one", Patience(answered_at=clock.now))

    def hang() -> None:
        clock.now += 40

    register_duty("any time", 0.5, hang)
    leading.step()
    assert judged == []


def test_a_duty_that_takes_long_is_no_outage_since_the_keeper_is_answered_meanwhile(
    clock: Clock, judged: list[float]
) -> None:
    patience = Patience(answered_at=clock.now)
    leading = Ticker("one", patience)

    def take_long() -> None:
        for _ in range(40):
            clock.now += 1
            patience.note_answer()  # the keeper's

    register_duty("any time", 0.5, take_long)
    leading.step()
    assert judged == [1040]


def test_one_that_looked_on_while_another_led_judges_at_once_when_it_takes_over(
    clock: Clock, judged: list[float]
) -> None:
    assert ticker.take_leadership("another", {})
    looking_on = Ticker("one")
    clock.pass_seconds(30, looking_on.step, rest=2.5)
    assert judged == []
    ticker.give_up_leadership("another")
    looking_on.step()
    assert judged == [clock.now]


@pytest.mark.one_database
def test_leases_that_ran_out_in_an_outage_are_left_to_be_renewed(clock: Clock) -> None:
    execution = flow.start()
    flow.take(flow.claimant("w1", 7))
    leading = Ticker("two", Patience(answered_at=clock.now))
    leading.step()
    clock.database_is_away = True
    clock.pass_seconds(33, leading.step)
    clock.database_is_away = False
    flow.make_due(execution, "lease_expires_at", "a")
    clock.pass_seconds(5, leading.step)
    assert flow.row(execution).status == "running"
    Keeper(process.Identity(worker_id="w1"), child_pids=lambda: {7}).step()
    clock.pass_seconds(60, leading.step)
    assert (flow.row(execution).status, flow.row(execution).crashes) == ("running", 0)


def test_leases_that_nobody_renews_after_an_outage_are_expired(clock: Clock) -> None:
    execution = flow.start()
    flow.take(flow.claimant("w1", 7))
    flow.make_due(execution, "lease_expires_at", "a")
    clock.pass_seconds(needed_seconds() + 4, Ticker("two").step)
    assert (flow.row(execution).status, flow.row(execution).crashes) == ("queued", 1)
    assert_sound(execution)


@pytest.mark.one_database
def test_a_run_whose_process_sat_an_outage_out_goes_on(clock: Clock) -> None:
    mine = process.Identity(is_private=True)
    register_worker(mine, pool="inline", concurrency=1)
    execution = flow.start(options={"private_worker": mine.worker_id})
    Worker.objects.update(heartbeat_at=LONG_AGO)
    TickerLease.objects.all().delete()
    leading = Ticker("started in it")
    clock.pass_seconds(5, leading.step)
    Keeper(mine, child_pids=lambda: None, can_kill=False).step()
    clock.pass_seconds(60, leading.step)
    assert flow.reload(execution).status == "pending"


@pytest.fixture
def held(child: subprocess.Popen[bytes]) -> Execution:
    """An execution whose task the child has, past its deadline and grace."""
    identity = process.Identity(worker_id="w1", task_types=runnable_task_types())
    register_worker(identity, pool="prefork", concurrency=1)
    execution = flow.start()
    flow.take(flow.claimant("w1", child.pid))
    flow.make_due(execution, "deadline_at", "a")
    return execution


def test_a_child_that_is_overdue_after_an_outage_gets_the_time_to_record_what_it_has(
    clock: Clock, child: subprocess.Popen[bytes], held: Execution
) -> None:
    kept = Keeper(process.Identity(worker_id="w1"), lambda: {child.pid}, patience=Patience(answered_at=clock.now))
    clock.now += 20  # the steps in between failed, or none was made
    clock.pass_seconds(needed_seconds(), kept.step, rest=keeper.STEP_SECONDS)
    assert child.poll() is None
    assert flow.row(held).status == "running"
    kept.step()
    assert child.wait(60)
    assert (flow.row(held).status, flow.row(held).failures) == ("retrying", 1)


def test_a_child_is_not_killed_when_the_database_hung_while_the_keeper_looked(
    clock: Clock, child: subprocess.Popen[bytes], held: Execution
) -> None:
    def hang() -> set[int]:
        clock.now += 20
        return {child.pid}

    Keeper(process.Identity(worker_id="w1"), hang, patience=Patience(answered_at=clock.now)).step()
    assert child.poll() is None
