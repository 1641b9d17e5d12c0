"""Hints alone, with no ticker to make up for one that is missing, bring executions of many queues to their end.

Workers are played one step at a time: one that is idle wakes only by a message of a queue it listens to; one that has
finished goes on as `engine.runner` does. Whatever the graph, the queues, the workers and the order, nothing may be left
that somebody idle could have taken.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.engine import capacity, store
from orchestration.engine.capacity import Listener
from orchestration.engine.outcomes import Claim, Claimant, Hint
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.engine.soundness import assert_sound

QUEUES = ("default", "io", "gpu")


@dataclass
class Fleet:
    """The workers, one process each, the broker's queues, and who has what in hand."""

    workers: list[Claimant]
    messages: dict[str, list[Hint]] = field(default_factory=lambda: defaultdict(list))
    in_hand: dict[str, Claim] = field(default_factory=dict)

    def publish(self, hints: list[Hint]) -> None:
        for hint in hints:
            self.messages[hint.queue].append(hint)

    def moves(self) -> list[tuple[str, Claimant]]:
        """What could happen next: an attempt ends, or an idle worker takes a message."""
        ends = [("", who) for who in self.workers if who.worker_id in self.in_hand]
        idle = [who for who in self.workers if who.worker_id not in self.in_hand]
        return ends + [(queue, who) for who in idle for queue in who.queues if self.messages[queue]]

    def move(self, queue: str, who: Claimant, *, fails: bool, take_next: bool) -> None:
        if queue:
            claim = store.claim(self.messages[queue].pop(0), who) or store.claim_oldest(who)
        else:
            held = self.in_hand.pop(who.worker_id)
            step = (flow.fail if fails else flow.complete)(held, who, take_next=take_next)
            self.publish(step.hints)
            claim = step.next_claim or store.claim_oldest(who)
        if claim is not None:
            assert claim.queue in who.queues, "handed a task of a queue it does not listen to"
            self.in_hand[who.worker_id] = claim


@st.composite
def installations(draw: st.DrawFn) -> dict[str, Any]:
    """Tasks with their parents and queues, workers with theirs (somebody listens to each queue), and a limit."""
    shape = draw(st.lists(st.sets(st.integers(0, 6), max_size=2), min_size=1, max_size=7))
    graph = {f"t{n}": [f"t{p}" for p in sorted(found) if p < n] for n, found in enumerate(shape)}
    queues = {name: draw(st.sampled_from(QUEUES)) for name in graph}
    listened = st.sets(st.sampled_from(QUEUES), min_size=1).map(sorted)
    workers = draw(st.lists(listened, max_size=3))
    for queue in sorted(set(queues.values()).difference(*workers)):
        workers.append([queue])
    return {"graph": graph, "queues": queues, "workers": workers, "max_parallel": draw(st.integers(1, 3))}


@pytest.mark.usefixtures("broker")
@pytest.mark.django_db
def test_nothing_waits_that_somebody_idle_could_have_taken(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(suppress_health_check=list(HealthCheck), deadline=None)
    @given(installed=installations(), seed=st.integers(0, 2**32))
    def play(installed: dict[str, Any], seed: int) -> None:
        workers = [flow.claimant(f"w{n}", queues=tuple(found)) for n, found in enumerate(installed["workers"])]
        there = [Listener(who.worker_id, who.queues, 1) for who in workers]
        monkeypatch.setattr(capacity, "listeners", lambda: there)
        fleet = Fleet(workers)
        monkeypatch.setattr("orchestration.engine.dispatch.publish", lambda hints, app=None: fleet.publish(hints))
        point = transaction.savepoint()
        try:
            run(installed, fleet, Random(seed))
        finally:  # each example by itself, whatever the one before left
            transaction.savepoint_rollback(point)
            pipeline_of.cache_clear()

    play()


def run(installed: dict[str, Any], fleet: Fleet, dice: Random) -> None:
    executions = [start(installed, fleet) for _ in range(2)]
    while moves := fleet.moves():
        fleet.move(*dice.choice(moves), fails=dice.random() < 0.1, take_next=dice.random() < 0.7)
    for execution in executions:
        assert flow.reload(execution).is_terminal, (installed, flow.statuses(execution))
        assert_sound(execution)


def start(installed: dict[str, Any], fleet: Fleet) -> Execution:
    tasks = {name: {"queue": queue} for name, queue in installed["queues"].items()}
    version = register_pipeline(
        pipeline=flow.define(installed["graph"], tasks=tasks, max_parallel=installed["max_parallel"])
    )
    pipeline = Pipeline.load(version.definition)
    new = store.NewExecution(version=version, pipeline=pipeline, stored_input={}, models={})
    execution, hints = store.create(new)
    fleet.publish(hints)
    return execution
