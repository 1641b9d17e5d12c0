"""Pauses against the model of `test_machine`: they refuse claims and change nothing else."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from orchestration.engine import store
from orchestration.selectors.invariants import broken_invariants
from orchestration.services.executions import pause_execution, resume_execution
from tests.engine import flow
from tests.engine.pausing import status
from tests.engine.test_machine import MAX_PARALLEL, Store

pytestmark = pytest.mark.django_db


class PausableStore(Store):
    """The same machine, paused now and then: a pause refuses claims, and changes nothing else of the model."""

    is_paused = False

    @rule(on=st.booleans())
    def pause_or_resume(self, on: bool) -> None:
        if not hasattr(self, "execution"):
            return
        verb = pause_execution if on else resume_execution
        is_live = any(found in ("pending", "queued", "running", "retrying") for found in self.status.values())
        assert verb(execution_id=self.execution.pk) == is_live
        self.is_paused = on and is_live
        assert (status(self.execution) == "paused") == self.is_paused
        assert not broken_invariants()

    @precondition(lambda self: self._names("queued"))
    @rule(chosen=st.integers(0, 9))
    def claim(self, chosen: int) -> None:
        name = self._pick(chosen, self._names("queued"))
        self.pid += 1
        who = flow.claimant(pid=self.pid)
        hint = flow.hint_of(self.execution, name)
        claim = store.claim(hint, who)
        assert (claim is not None) == (len(self.held) < MAX_PARALLEL and not self.is_paused)
        if claim is not None:
            self.hints.append(hint)
            self.held[name], self.status[name] = (claim, who), "running"

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
            self.status[step.next_claim.name] = "running"
        may_go_on = go_on and not self.is_paused
        assert bool(step.next_claim) == bool(may_go_on and (step.next_claim or self._names("queued")))
        if set(self.status.values()) <= {"completed", "failed", "skipped", "cancelled", "timed_out"}:
            self.is_paused = False


def test_random_calls_with_pauses_do_what_the_model_says(db: Any) -> None:
    half = settings().max_examples // 2  # of the usual number: each is up to twenty calls
    few = settings(max_examples=half, stateful_step_count=20, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(PausableStore, settings=few)
