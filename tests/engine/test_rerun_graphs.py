"""Reruns of any graph, whatever its outcome: they run exactly what they must and end as a full run."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.engine import runner, store
from orchestration.engine.outcomes import Claimant
from orchestration.engine.scope import StoredValues
from orchestration.models import Execution, TaskAttempt
from orchestration.services.executions import execute_pipeline, rerun_execution
from orchestration.services.pipelines import register_pipeline
from orchestration.services.reruns import (
    NothingToReuse,
    NothingToRun,
)
from tests.engine import flow
from tests.engine.reruns import assert_sound

pytestmark = pytest.mark.django_db


ENDS = ("completed", "failed", "timed_out")


@st.composite
def stories(draw: st.DrawFn) -> tuple[flow.Graph, dict[str, str], int | None, str | None, dict[str, int]]:
    """A graph, how each task ends, after how many it is cancelled, from where it is rerun, what a new version edits."""
    shape = draw(st.lists(st.sets(st.integers(0, 6), max_size=3), min_size=1, max_size=7))
    graph = {f"t{n}": [f"t{p}" for p in sorted(found) if p < n] for n, found in enumerate(shape)}
    names = st.sampled_from(sorted(graph))
    ends = {name: draw(st.sampled_from(("completed", "completed", *ENDS))) for name in graph}
    cancelled_after = draw(st.none() | st.integers(0, len(graph)))
    from_task = draw(st.just("failed") | names)
    edits = draw(st.dictionaries(names, st.integers(1, 2), max_size=2))
    return graph, ends, cancelled_after, from_task, edits


def define(graph: flow.Graph, edits: Mapping[str, int]) -> Pipeline:
    """Each task's output names the task, its edit and all it was made from, so that a wrong reuse shows."""
    tasks = {}
    for name, parents in graph.items():
        made_from = " ".join(["{input.x}", *(f"{{{parent}_output.made}}" for parent in parents)])
        tasks[name] = {"parameters": {"made": f"{name}/{edits.get(name, 0)}({made_from})"}}
    return flow.define(graph, tasks=tasks, max_parallel=1)


def execute(definition: Pipeline) -> Execution:
    version = register_pipeline(pipeline=definition)
    return execute_pipeline(pipeline_id=version.pipeline_id, input_data={"x": "in"})


def run_really(who: Claimant, ends: Mapping[str, str], limit: int | None = None) -> None:
    """Run what is claimable by the real handler, but for the tasks that are to end otherwise."""
    done = 0
    while (limit is None or done < limit) and (claim := store.claim_oldest(who)):
        done += 1
        if ends.get(claim.name, "completed") == "completed":
            values = StoredValues(claim.execution_id)
            store.record(claim, runner.run_attempt(claim, values), who, take_next=False)
        else:
            flow.fail(claim, who, timed_out=ends[claim.name] == "timed_out")


def expected_runs(graph: flow.Graph, completed: set[str], from_task: str, edits: Mapping[str, int]) -> set[str]:
    """In the simplest way: what has no result, is edited, or is asked for; and all that comes after such a task."""
    runs = {name for name in graph if name not in completed or name in edits or name == from_task}
    for name, parents in graph.items():  # written so that a task comes after those it depends on
        if runs.intersection(parents):
            runs.add(name)
    return runs


@settings(suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_a_rerun_runs_exactly_what_it_must_and_ends_as_a_full_run(db: Any, story: Any) -> None:
    graph, ends, cancelled_after, from_task, edits = story
    who = flow.claimant()
    first = execute(define(graph, {}))
    run_really(who, ends, cancelled_after)
    store.cancel(first.pk)
    full = execute(define(graph, edits))
    run_really(who, {})
    completed = set(first.task_runs.filter(status="completed").values_list("name", flat=True))
    runs = expected_runs(graph, completed, from_task, edits)
    attempts = TaskAttempt.objects.count()
    call = partial(rerun_execution, execution_id=first.pk, from_task=from_task, version="current")
    if runs == set(graph) or (not runs and not edits):
        with pytest.raises((NothingToReuse, NothingToRun)):
            call()
        return
    made = call()
    assert_sound(made)
    run_really(who, {})
    assert_sound(made)
    ran = TaskAttempt.objects.filter(task_run__execution=made).values_list("task_run__name", flat=True)
    assert sorted(ran) == sorted(runs)
    assert TaskAttempt.objects.count() == attempts + len(runs)
    assert flow.reload(made).status == "completed"
    assert flow.reload(made).output == flow.reload(full).output
