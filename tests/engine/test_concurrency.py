"""Several threads with connections of their own, as processes have: no deadlock, no lost record, counters right."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from orchestration.engine import store
from orchestration.engine.outcomes import Claim, Claimant
from orchestration.models import TaskAttempt, TaskRun
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("trouble_shows")]
ROUNDS = 12
LAYERS = [[f"{layer}{number}" for number in range(4)] for layer in "abc"]
# Every task of a layer waits for every task of the layer before: all records touch the same children.
WOVEN = {name: LAYERS[depth - 1] if depth else [] for depth, layer in enumerate(LAYERS) for name in layer}


def side_by_side(*works: Callable[[], object]) -> list[object]:
    """Run each on a thread of its own, all let go at once; an exception in one is raised here."""
    gate = threading.Barrier(len(works))

    def closing(work: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            gate.wait(60)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return [future.result(60) for future in [threads.submit(closing, work) for work in works]]


def work_off(who: Claimant, claim: Claim | None = None) -> int:
    done = 0
    while claim := claim or store.claim_oldest(who):
        claim = flow.complete(claim, who, {"by": claim.name}, take_next=True).next_claim
        done += 1
    return done


def test_two_that_record_at_once_over_shared_children_neither_lose_nor_double_anything() -> None:
    for _ in range(ROUNDS):
        execution = flow.start(WOVEN, max_parallel=4)
        first, second = flow.claimant("w1", 1), flow.claimant("w2", 2)
        while not flow.reload(execution).is_terminal:
            side_by_side(partial(work_off, first), partial(work_off, second))
        assert flow.reload(execution).status == "completed"
        assert TaskAttempt.objects.filter(task_run__execution=execution).count() == len(WOVEN)
        assert_sound(execution)


def test_two_parents_recorded_at_the_same_moment_release_their_child_once() -> None:
    for _ in range(ROUNDS):
        execution = flow.start({"a": [], "b": [], "c": ["a", "b"]})
        first, second = flow.claimant("w1", 1), flow.claimant("w2", 2)
        held = [(flow.take_task(execution, name, who), who) for name, who in (("a", first), ("b", second))]
        steps = side_by_side(*(partial(flow.complete, claim, who) for claim, who in held))
        assert len(steps) == 2
        assert flow.statuses(execution) == {"a": "completed", "b": "completed", "c": "queued"}
        assert_sound(execution)


def test_of_two_claimants_exactly_one_gets_the_task() -> None:
    for _ in range(ROUNDS):
        execution = flow.start()
        hint = flow.hint_of(execution, "a")
        racers = [flow.claimant("w1", 1), flow.claimant("w2", 2)]
        claims = side_by_side(*(partial(store.claim, hint, who) for who in racers))
        assert Counter(claim is None for claim in claims) == {True: 1, False: 1}
        assert flow.row(execution).token == 1
        assert_sound(execution)
        store.cancel(execution.pk)


def test_nobody_is_sent_away_while_something_is_queued() -> None:
    """The task run that was the oldest may be taken while one waits for its execution's lock; others are there."""
    execution = flow.start({f"t{number}": [] for number in range(40)}, max_parallel=40)
    queued = TaskRun.objects.filter(execution=execution, status="queued")

    def is_sent_away(who: Claimant) -> bool:
        while store.claim_oldest(who):
            pass
        return queued.exists()

    assert not any(side_by_side(*(partial(is_sent_away, flow.claimant(pid=pid)) for pid in (1, 2, 3))))
    assert_sound(execution)


def test_max_parallel_holds_against_claimants_that_race() -> None:
    for _ in range(ROUNDS):
        execution = flow.start(flow.FAN, max_parallel=2)
        racers = [flow.claimant("w1", pid) for pid in (1, 2, 3, 4)]
        hints = [flow.hint_of(execution, name) for name in "abcd"]
        claims = side_by_side(*(partial(store.claim, hint, who) for hint, who in zip(hints, racers, strict=True)))
        assert sum(claim is not None for claim in claims) == 2
        assert_sound(execution)
        store.cancel(execution.pk)


def test_a_result_and_a_cancel_at_once_end_in_one_of_the_two() -> None:
    for _ in range(ROUNDS):
        execution = flow.start({"a": [], "b": ["a"]})
        who = flow.claimant()
        claim = flow.take(who)
        side_by_side(partial(flow.complete, claim, who), partial(store.cancel, execution.pk))
        assert flow.reload(execution).status == "cancelled"
        assert flow.statuses(execution)["a"] in ("completed", "cancelled")
        assert_sound(execution)


def test_a_result_a_crash_and_a_hand_back_at_once_are_one_of_the_three() -> None:
    for _ in range(ROUNDS):
        execution = flow.start()
        who = flow.claimant()
        claim = flow.take(who)
        side_by_side(
            partial(flow.complete, claim, who),
            partial(store.lose_worker, claim.task_run_id, claim.token, message="gone"),
            partial(store.hand_back, claim.task_run_id, who.worker_id),
        )
        assert flow.row(execution).attempts.count() == 1
        assert_sound(execution)
        store.cancel(execution.pk)
