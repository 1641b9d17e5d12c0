"""A pause and whatever happens at the same moment: one of the two comes first, and nothing is lost."""

from collections.abc import Callable
from functools import partial

import pytest

from orchestration.engine import store
from orchestration.services.executions import resume_execution
from tests.engine import flow
from tests.engine.pausing import status
from tests.engine.soundness import assert_sound
from tests.engine.test_concurrency import ROUNDS, side_by_side, work_off


@pytest.mark.usefixtures("trouble_shows")
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_with_the_last_result_it_is_completed_in_any_order(self) -> None:
        for _ in range(ROUNDS):
            execution = flow.start()
            who = flow.claimant()
            claim = flow.take(who)
            side_by_side(partial(flow.complete, claim, who), partial(store.pause, execution.pk))
            assert status(execution) == "completed"
            assert_sound(execution)

    def test_with_a_result_either_the_next_task_was_claimed_before_or_it_is_not_claimed(self) -> None:
        for _ in range(ROUNDS):
            execution = flow.start(flow.CHAIN, each={"queue_timeout": 600})
            who = flow.claimant()
            claim = flow.take(who)
            step, _ = side_by_side(
                partial(flow.complete, claim, who, take_next=True), partial(store.pause, execution.pk)
            )
            went_on = step.next_claim is not None  # type: ignore[attr-defined]
            assert flow.statuses(execution)["b"] == ("running" if went_on else "queued")
            assert status(execution) == "paused"
            assert flow.row(execution, "b").queue_deadline_at is None
            assert_sound(execution)
            store.cancel(execution.pk)

    def test_with_a_claim_one_of_the_two_comes_first(self) -> None:
        for _ in range(ROUNDS):
            execution = flow.start()
            claim, _ = side_by_side(partial(store.claim_oldest, flow.claimant()), partial(store.pause, execution.pk))
            assert flow.row(execution).status == ("running" if claim else "queued")
            assert status(execution) == "paused"
            assert_sound(execution)
            store.cancel(execution.pk)

    @pytest.mark.parametrize("verb", [store.pause, store.resume])
    def test_with_a_cancel_it_is_cancelled(self, verb: Callable[..., object]) -> None:
        for _ in range(ROUNDS):
            execution = flow.start(flow.CHAIN, timeout=600, each={"queue_timeout": 600})
            flow.take(flow.claimant())
            if verb is store.resume:
                store.pause(execution.pk)
            side_by_side(partial(verb, execution.pk), partial(store.cancel, execution.pk))
            assert status(execution) == "cancelled"
            assert_sound(execution)

    def test_with_a_killed_worker_its_task_is_queued_and_held(self) -> None:
        for _ in range(ROUNDS):
            execution = flow.start(each={"queue_timeout": 600})
            who = flow.claimant()
            claim = flow.take(who)
            side_by_side(
                partial(store.pause, execution.pk),
                partial(store.lose_worker, claim.task_run_id, claim.token, message="gone"),
            )
            row = flow.row(execution)
            assert (row.status, row.crashes, row.queue_deadline_at) == ("queued", 1, None)
            assert (status(execution), store.claim_oldest(who)) == ("paused", None)
            assert_sound(execution)
            store.cancel(execution.pk)

    def test_pausing_and_resuming_at_once_while_work_goes_on_loses_nothing(self) -> None:
        for _ in range(ROUNDS):
            execution = flow.start(flow.DIAMOND, each={"queue_timeout": 600})
            who = flow.claimant()
            side_by_side(
                partial(work_off, who), partial(store.pause, execution.pk), partial(store.resume, execution.pk)
            )
            assert_sound(execution)
            resume_execution(execution_id=execution.pk)
            work_off(who)
            assert status(execution) == "completed"
