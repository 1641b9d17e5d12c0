"""The feeder: no more hints outstanding than free places, and nothing missed."""

import time

import pytest

from orchestration.engine import dispatch, feeder, store
from orchestration.engine.feeder import Feeder
from orchestration.engine.outcomes import Hint
from orchestration.engine.process import Identity
from orchestration.handlers.catalog import runnable_task_types
from orchestration.models import Execution
from tests.engine import flow

pytestmark = pytest.mark.django_db


class Pool:
    """Stands for the worker's pool: takes hints, tells how many places are taken, works when asked to."""

    def __init__(self) -> None:
        self.waiting: list[Hint] = []
        self.busy = 0

    def take_hints(self, hints: list[Hint]) -> None:
        self.waiting += hints

    def work(self) -> None:
        """Do one hinted task run, as a child does."""
        who = flow.claimant()
        if claim := store.claim(self.waiting.pop(0), who):
            flow.complete(claim, who)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    made = Pool()
    monkeypatch.setattr(dispatch, "enqueue", made.take_hints)
    return made


def make_feeder(pool: Pool, concurrency: int = 2) -> Feeder:
    identity = Identity(task_types=runnable_task_types(), queues=("default", "large"))
    return Feeder(identity, concurrency=concurrency, busy=lambda: pool.busy)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The feeder's clock: `clock[0] += seconds` moves it."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_at_most_as_many_hints_are_outstanding_as_there_are_places(pool: Pool, clock: list[float]) -> None:
    flow.start(flow.FAN, max_parallel=8)
    fed = make_feeder(pool, concurrency=3)
    for _ in range(5):
        fed.step()
    assert len(pool.waiting) == 3


def test_busy_places_get_no_hints(pool: Pool, clock: list[float]) -> None:
    flow.start(flow.FAN, max_parallel=8)
    pool.busy = 2
    make_feeder(pool, concurrency=3).step()
    assert len(pool.waiting) == 1


def test_everything_is_worked_off_in_the_end(pool: Pool, clock: list[float]) -> None:
    executions = [flow.start(flow.DIAMOND), flow.start(flow.FAN, max_parallel=1), flow.start(flow.CHAIN)]
    fed = make_feeder(pool)
    for _ in range(400):
        fed.step()
        if pool.waiting:
            pool.work()
        clock[0] += 0.05
    assert {flow.reload(execution).status for execution in executions} == {"completed"}


def test_a_hint_that_got_lost_is_given_again(pool: Pool, clock: list[float]) -> None:
    flow.start()
    fed = make_feeder(pool)
    fed.step()
    lost = pool.waiting.pop()
    fed.step()
    assert pool.waiting == []
    clock[0] += feeder.HINT_LIFE_SECONDS
    fed.step()
    assert pool.waiting == [lost]


def test_work_that_came_while_the_pool_was_full_is_found_when_a_place_is_free(pool: Pool, clock: list[float]) -> None:
    fed = make_feeder(pool)
    pool.busy = 2
    fed.step()
    flow.start()
    fed.step()
    assert pool.waiting == []
    pool.busy = 0
    fed.step()
    assert len(pool.waiting) == 1


def test_it_looks_closely_after_work_and_seldom_when_idle(pool: Pool, clock: list[float]) -> None:
    fed = make_feeder(pool)
    assert fed.step() in feeder.IDLE_SECONDS.values()
    flow.start()
    clock[0] += feeder.FORCED_LOOK_SECONDS
    assert fed.step() == feeder.BUSY_SECONDS
    pool.work()
    clock[0] += feeder.BUSY_FOR_SECONDS
    fed.step()
    clock[0] += feeder.BUSY_FOR_SECONDS
    assert fed.step() in feeder.IDLE_SECONDS.values()


def test_private_executions_and_unknown_types_are_not_hinted(pool: Pool, clock: list[float]) -> None:
    flow.start(options={"private_worker": "w9"})
    fed = Feeder(Identity(task_types=frozenset({"custom"})), concurrency=2, busy=lambda: 0)
    flow.start()
    fed.step()
    assert pool.waiting == []
    assert Execution.objects.count() == 2
