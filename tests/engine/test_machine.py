"""Random calls of the store's verbs over random graphs, against a simple model of what they should do."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orchestration.engine import recovery, store
from orchestration.engine.outcomes import Claim, Claimant, Hint
from orchestration.models import Execution
from tests.engine import flow
from tests.engine.soundness import assert_sound

MAX_ATTEMPTS, MAX_CRASHES, MAX_PARALLEL = 2, 2, 2
FINAL = {"completed", "failed", "skipped", "cancelled", "timed_out"}


class Store(RuleBasedStateMachine):
    """The model: a status per task and two counters; what a verb should do is said again in the simplest way."""

    execution: Execution

    @initialize(shape=st.lists(st.sets(st.integers(0, 5), max_size=3), min_size=1, max_size=6))
    def start(self, shape: list[set[int]]) -> None:
        self.parents = {f"t{n}": [f"t{p}" for p in sorted(found) if p < n] for n, found in enumerate(shape)}
        each = {"retry": {"max_attempts": MAX_ATTEMPTS}, "max_crashes": MAX_CRASHES}
        self.execution = flow.start(self.parents, each=each, max_parallel=MAX_PARALLEL)
        self.status = dict.fromkeys(self.parents, "pending")
        self.failures = dict.fromkeys(self.parents, 0)
        self.crashes = dict.fromkeys(self.parents, 0)
        self.held: dict[str, tuple[Claim, Claimant]] = {}
        self.lost: list[tuple[Claim, Claimant]] = []
        self.hints: list[Hint] = []
        self.pid = 0
        self._queue_what_is_ready()

    # The model's own rules

    def _queue_what_is_ready(self) -> None:
        for name, parents in self.parents.items():
            if self.status[name] == "pending" and all(self.status[parent] == "completed" for parent in parents):
                self.status[name] = "queued"

    def _end(self, name: str, status: str) -> None:
        self.status[name] = status
        if status == "completed":
            self._queue_what_is_ready()
        changed = status != "completed"
        while changed:
            doomed = [
                child
                for child, parents in self.parents.items()
                if self.status[child] == "pending"
                and any(self.status[parent] in ("failed", "timed_out", "skipped") for parent in parents)
            ]
            changed = bool(doomed)
            self.status.update(dict.fromkeys(doomed, "skipped"))

    def _release(self, name: str) -> tuple[Claim, Claimant]:
        self.lost.append(self.held[name])
        return self.held.pop(name)

    def _pick(self, chosen: int, names: list[str]) -> str:
        return sorted(names)[chosen % len(names)]

    def _names(self, status: str) -> list[str]:
        return [name for name, found in self.status.items() if found == status]

    # What happens

    @precondition(lambda self: self._names("queued"))
    @rule(chosen=st.integers(0, 9))
    def claim(self, chosen: int) -> None:
        name = self._pick(chosen, self._names("queued"))
        self.pid += 1
        who = flow.claimant(pid=self.pid)
        hint = flow.hint_of(self.execution, name)
        claim = store.claim(hint, who)
        assert (claim is not None) == (len(self.held) < MAX_PARALLEL)
        if claim is not None:
            self.hints.append(hint)
            self.held[name], self.status[name] = (claim, who), "running"

    @precondition(lambda self: self.hints)
    @rule(chosen=st.integers(0, 99))
    def claim_with_an_old_hint(self, chosen: int) -> None:
        assert store.claim(self.hints[chosen % len(self.hints)], flow.claimant(pid=99_999)) is None

    @precondition(lambda self: self.held)
    @rule(chosen=st.integers(0, 9), go_on=st.booleans())
    def complete(self, chosen: int, go_on: bool) -> None:
        name = self._pick(chosen, list(self.held))
        claim, who = self._release(name)
        step = flow.complete(claim, who, {"by": name}, take_next=go_on)
        assert step.accepted
        self._end(name, "completed")
        if step.next_claim is not None:
            self.held[step.next_claim.name] = (step.next_claim, who)
            assert self.status[step.next_claim.name] == "queued"
            self.status[step.next_claim.name] = "running"
        assert go_on or step.next_claim is None
        assert not go_on or step.next_claim or not self._names("queued"), "it should have gone on"

    @precondition(lambda self: self.held)
    @rule(chosen=st.integers(0, 9), retryable=st.booleans(), by_keeper=st.booleans())
    def fail(self, chosen: int, retryable: bool, by_keeper: bool) -> None:
        name = self._pick(chosen, list(self.held))
        claim, who = self._release(name)
        if by_keeper:
            store.time_out_attempt(claim.task_run_id, claim.token, delay_seconds=60)
        else:
            assert flow.fail(claim, who, retryable=retryable, delay_seconds=60).accepted
        self.failures[name] += 1
        if (retryable or by_keeper) and self.failures[name] < MAX_ATTEMPTS:
            self.status[name] = "retrying"
        else:
            self._end(name, "timed_out" if by_keeper else "failed")

    @precondition(lambda self: self.held)
    @rule(chosen=st.integers(0, 9), by_expiry=st.booleans())
    def lose(self, chosen: int, by_expiry: bool) -> None:
        name = self._pick(chosen, list(self.held))
        claim, _ = self._release(name)
        if by_expiry:
            flow.make_due(self.execution, "lease_expires_at", name)
            recovery.expire_leases()
        else:
            store.lose_worker(claim.task_run_id, claim.token, message="gone")
        self.crashes[name] += 1
        if self.crashes[name] < MAX_CRASHES:
            self.status[name] = "queued"
        else:
            self._end(name, "failed")

    @precondition(lambda self: self.held)
    @rule(chosen=st.integers(0, 9))
    def hand_back(self, chosen: int) -> None:
        name = self._pick(chosen, list(self.held))
        claim, who = self._release(name)
        store.hand_back(claim.task_run_id, who.worker_id)
        self.status[name] = "queued"

    @precondition(lambda self: self._names("retrying"))
    @rule(chosen=st.integers(0, 9))
    def release_a_retry(self, chosen: int) -> None:
        name = self._pick(chosen, self._names("retrying"))
        flow.make_due(self.execution, "not_before", name)
        recovery.release_retries()
        self.status[name] = "queued"

    @precondition(lambda self: self.lost)
    @rule(chosen=st.integers(0, 99), failed=st.booleans())
    def report_late_or_twice(self, chosen: int, failed: bool) -> None:
        claim, who = self.lost[chosen % len(self.lost)]
        flow.fail(claim, who) if failed else flow.complete(claim, who, {"by": "late"})

    @precondition(lambda self: self.lost)
    @rule(chosen=st.integers(0, 99))
    def lose_what_is_lost_already(self, chosen: int) -> None:
        claim, _ = self.lost[chosen % len(self.lost)]
        store.lose_worker(claim.task_run_id, claim.token, message="gone again")
        store.time_out_attempt(claim.task_run_id, claim.token, delay_seconds=0)

    @rule(dice=st.integers(0, 9))
    def cancel(self, dice: int) -> None:
        if dice or not hasattr(self, "execution"):
            return  # seldom, or few executions would get far
        live = set(self.status.values()) - FINAL
        assert store.cancel(self.execution.pk) == bool(live)
        self.lost += self.held.values()
        self.held.clear()
        self.status = {name: found if found in FINAL else "cancelled" for name, found in self.status.items()}

    # What must hold

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        if not hasattr(self, "execution"):
            return
        rows = {row.name: row for row in self.execution.task_runs.all()}
        assert {name: str(row.status) for name, row in rows.items()} == self.status
        assert {name: row.failures for name, row in rows.items()} == self.failures
        assert {name: row.crashes for name, row in rows.items()} == self.crashes
        assert all(row.output == {"by": name} for name, row in rows.items() if row.status == "completed")

    @invariant()
    def the_execution_is_sound_and_ends_as_its_tasks_did(self) -> None:
        if not hasattr(self, "execution"):
            return
        for name in [name for name, found in self.status.items() if found == "cancelled"]:
            store.forget_attempt(flow.row(self.execution, name).pk, "w1")  # as the keeper does in the end
        assert_sound(self.execution)
        found = set(self.status.values())
        if found <= FINAL:
            expected = "cancelled" if "cancelled" in found else "failed" if found != {"completed"} else "completed"
            assert flow.reload(self.execution).status == expected


@pytest.mark.django_db
def test_random_calls_do_what_the_model_says(db: Any) -> None:
    half = settings().max_examples // 2  # of the usual number: each is up to twenty calls
    few = settings(max_examples=half, stateful_step_count=20, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Store, settings=few)
