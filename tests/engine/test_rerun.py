"""Rerun: a new execution of what an earlier one ran, with those of its results that are what they would be again."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from celery import Celery
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.engine import runner, store
from orchestration.engine.blobs import store_value
from orchestration.engine.outcomes import Claimant
from orchestration.engine.scope import StoredValues
from orchestration.engine.store import Origin, reusing
from orchestration.exceptions import ExecutionNotFound, IdempotencyConflict, InvalidInput, PipelineNotFound
from orchestration.models import Blob, Execution, TaskAttempt
from orchestration.selectors.invariants import broken_invariants
from orchestration.services import retention
from orchestration.services.executions import execute_pipeline, rerun_execution
from orchestration.services.pipelines import register_pipeline
from orchestration.services.reruns import (
    InputChanged,
    NothingToReuse,
    NothingToRun,
    RerunRefused,
    StillRunning,
    UnknownTask,
    ValueGone,
    plan_rerun,
)
from orchestration.states import Trigger
from tests.engine import flow, soundness
from tests.engine.conftest import messages
from tests.engine.test_concurrency import ROUNDS, side_by_side

pytestmark = pytest.mark.django_db

LARGE = {"text": "x" * 100_000}


def assert_sound(execution: Execution) -> None:
    """As `soundness` has it, but that a reused task run has no attempt."""
    fresh = flow.reload(execution)
    rows = {row.name: row for row in fresh.task_runs.prefetch_related("attempts")}
    soundness._assert_counters(fresh, rows)
    soundness._assert_status(fresh, rows)
    for row in rows.values():
        soundness._assert_row(fresh, row, rows)
        if row.name in reused_in(execution):
            assert (list(row.attempts.all()), row.started_at, row.usage, row.failures, row.crashes) == (
                [], None, None, 0, 0
            )  # fmt: skip
        else:
            soundness._assert_attempts(row)
    assert not broken_invariants()


def reused_in(execution: Execution) -> dict[str, str]:
    """Task → the execution that made its result."""
    events = execution.events.filter(kind="task.reused").order_by("id")
    return {event.task_name: event.details["execution_id"] for event in events}


def work_off(execution: Execution, failing: Collection[str] = (), output: Any = None) -> list[str]:
    """Run all that is claimable; the tasks in the order in which they ran."""
    who, ran = flow.claimant(), []
    while claim := store.claim_oldest(who):
        assert claim.execution_id == execution.pk
        ran.append(claim.name)
        flow.fail(claim, who) if claim.name in failing else flow.complete(claim, who, output or {"by": claim.name})
    return ran


def ended(graph: flow.Graph, failing: Collection[str] = (), output: Any = None, **start: Any) -> Execution:
    """An execution that has ended; the named tasks failed."""
    execution = flow.start(graph, **start)
    work_off(execution, failing, output)
    return flow.reload(execution)


def rerun(execution: Execution, from_task: str | None = None, **options: Any) -> Execution:
    made = rerun_execution(execution_id=execution.pk, from_task=from_task, **options)
    assert_sound(made)
    return made


# As a whole ----------------------------------------------------------------------------------------------------------


def test_a_whole_rerun_has_the_input_title_and_labels_of_the_first_and_runs_everything() -> None:
    options = {"title": "March", "labels": {"customer": "acme"}, "origin": Origin(Trigger.API, "anna")}
    first = ended(flow.CHAIN, input_data={"x": 1}, labels={"team": "a"}, options=options)
    made = rerun(first, origin=Origin(Trigger.PAGE, "ben"))
    assert (made.pk != first.pk, made.rerun_of_id, made.input, made.title) == (True, first.pk, {"x": 1}, "March")
    assert (made.labels, made.trigger, made.started_by) == ({"team": "a", "customer": "acme"}, "page", "ben")
    assert reused_in(made) == {}
    assert work_off(made) == ["a", "b", "c"]
    assert flow.reload(made).output == first.output


def test_the_earlier_execution_is_left_as_it_was() -> None:
    first = ended(flow.CHAIN, failing="b")
    before = [list(rows.values()) for rows in (first.task_runs.order_by("id"), first.events.order_by("id"))]
    work_off(rerun(first, "failed"))
    assert before == [list(rows.values()) for rows in (first.task_runs.order_by("id"), first.events.order_by("id"))]
    assert flow.reload(first).status == "failed"


def test_a_running_execution_can_be_run_again_as_a_whole() -> None:
    first = flow.start(flow.CHAIN)
    flow.take(flow.claimant())
    assert flow.statuses(rerun(first)) == {"a": "queued", "b": "pending", "c": "pending"}


def test_it_runs_the_version_of_the_first_unless_told_otherwise() -> None:
    first = ended(flow.CHAIN)
    ended({"a": []})
    assert rerun(first).version.number == 1
    assert rerun(first, version=2).version.number == 2
    assert rerun(first, version="current").version.number == 2
    with pytest.raises(PipelineNotFound, match="has no version 3"):
        rerun(first, version=3)


def test_labels_of_the_definition_come_from_the_version_that_runs() -> None:
    first = ended(flow.ONE, labels={"team": "a", "old": "x"}, options={"labels": {"customer": "acme"}})
    ended(flow.ONE, labels={"team": "b"})
    assert rerun(first, version=2).labels == {"team": "b", "customer": "acme"}


def test_title_and_input_can_be_other_ones() -> None:
    first = ended(flow.ONE, input_data={"x": 1}, options={"title": "March"})
    made = rerun(first, title="April", input_data={"x": 2})
    assert (made.title, made.input, made.version_id) == ("April", {"x": 2}, first.version_id)
    assert rerun(first, title="").title == ""
    assert flow.reload(rerun(first, input_data=None)).input is None


def test_an_input_has_to_fit_the_version_that_runs() -> None:
    first = ended(flow.ONE, input_data={"x": "text"}, inputs={"x": "string"})
    ended(flow.ONE, input_data={"x": 1}, inputs={"x": "integer"})
    with pytest.raises(InvalidInput, match="/x"):
        rerun(first, version="current")
    with pytest.raises(InvalidInput, match="/x"):
        rerun(first, input_data={"x": 1})
    assert rerun(first, version="current", input_data={"x": 1}).input == {"x": 1}


@pytest.mark.parametrize("verb", [rerun_execution, plan_rerun])
def test_what_is_not_there_cannot_be_run_again(verb: Callable[..., object]) -> None:
    with pytest.raises(ExecutionNotFound):
        verb(execution_id=uuid4())


# From failed ---------------------------------------------------------------------------------------------------------


def test_from_failed_runs_what_has_no_result_and_reuses_the_rest() -> None:
    graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "x": [], "y": ["x"]}
    first = ended(graph, failing="b")
    assert flow.statuses(first) == dict.fromkeys("acxy", "completed") | {"b": "failed", "d": "skipped"}
    made = rerun(first, "failed")
    assert flow.statuses(made) == dict.fromkeys("acxy", "completed") | {"b": "queued", "d": "pending"}
    assert reused_in(made) == dict.fromkeys("acxy", str(first.pk))
    assert (made.open_task_runs, made.active_task_runs, made.status) == (2, 1, "pending")
    assert work_off(made) == ["b", "d"]
    assert flow.reload(made).output == {"d": {"by": "d"}, "y": {"by": "y"}}
    assert_sound(made)


def test_a_reused_task_run_has_the_result_and_no_history() -> None:
    first = ended(flow.CHAIN, failing="c", each={"type": "echo"})
    first.task_runs.filter(name="a").update(model="local/extract", usage={"input_tokens": 9}, failures=1)
    row = flow.row(rerun(first, "failed"), "a")
    assert (row.output, row.model, row.status) == ({"by": "a"}, "local/extract", "completed")
    assert (row.usage, row.started_at, row.queued_at, row.failures) == (None, None, None, 0)
    assert row.finished_at is not None
    assert not row.attempts.exists()


def test_a_task_sees_the_reused_results_before_it() -> None:
    graph = {"a": [], "b": ["a"]}
    tasks = {"b": {"parameters": {"seen": "{a_output.by}"}}}
    first = ended(graph, failing="b", tasks=tasks)
    made = rerun(first, "failed")
    who = flow.claimant()
    assert runner.work_on(store.claim_oldest(who), who) == 1
    assert flow.reload(made).output == {"b": {"seen": "a"}}


def test_timed_out_and_cancelled_tasks_run_again() -> None:
    first = flow.start({"a": [], "b": [], "c": ["b"], "x": []}, max_parallel=4)
    who = flow.claimant()
    flow.complete(flow.take_task(first, "a", who), who, {"by": "a"})
    flow.fail(flow.take_task(first, "x", who), who, timed_out=True)
    store.cancel(first.pk)
    assert flow.statuses(rerun(first, "failed")) == {"a": "completed", "b": "queued", "c": "pending", "x": "queued"}


def test_a_rerun_of_a_rerun_names_the_execution_that_made_each_result() -> None:
    first = ended(flow.CHAIN, failing="b")
    second = rerun(first, "failed")
    work_off(second, failing="c")
    third = rerun(second, "failed")
    assert third.rerun_of_id == second.pk
    assert reused_in(third) == {"a": str(first.pk), "b": str(second.pk)}
    assert work_off(third) == ["c"]


def test_one_with_nothing_failed_is_refused_with_what_can_be_done() -> None:
    with pytest.raises(NothingToRun, match="name a task to start from, or run it again as a whole"):
        rerun(ended(flow.CHAIN), "failed")


def test_one_in_which_nothing_completed_is_refused() -> None:
    with pytest.raises(NothingToReuse, match=r"no task of execution .* completed, .* as a whole, without from_task"):
        rerun(ended(flow.CHAIN, failing="a"), "failed")


@pytest.mark.parametrize("from_task", ["failed", "a"])
def test_one_that_still_runs_is_refused(from_task: str) -> None:
    first = flow.start(flow.CHAIN)
    flow.take(flow.claimant())
    with pytest.raises(StillRunning, match=r"is running: .* cancel it or wait"):
        rerun(first, from_task)
    assert Execution.objects.count() == 1


def test_failed_never_means_a_task_of_that_name() -> None:
    first = ended({"a": [], "failed": ["a"], "b": ["a"]}, failing="b")
    assert flow.statuses(rerun(first, "failed")) == {"a": "completed", "failed": "completed", "b": "queued"}


# From a task ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("from_task", "runs"), [("b", ["b", "d"]), ("d", ["d"]), ("c", ["c", "d"])])
def test_from_a_task_runs_it_and_all_that_comes_after(from_task: str, runs: list[str]) -> None:
    first = ended(flow.DIAMOND)
    made = rerun(first, from_task)
    assert set(reused_in(made)) == set(flow.DIAMOND) - set(runs)
    assert work_off(made) == runs
    assert flow.reload(made).output == first.output
    assert_sound(made)


def test_from_a_task_runs_what_has_no_result_elsewhere_too() -> None:
    first = ended({"a": [], "b": ["a"], "x": [], "y": ["x"]}, failing="y")
    assert set(work_off(rerun(first, "b"))) == {"b", "y"}


def test_a_task_that_is_not_there_is_refused_with_the_nearest_one() -> None:
    first = ended({"extract": [], "classify": ["extract"]})
    with pytest.raises(UnknownTask, match=r'version 1 of "flow" has no task "clasify"; did you mean "classify"\?'):
        rerun(first, "clasify")
    with pytest.raises(UnknownTask, match='name one of its tasks, or "failed"'):
        rerun(first, "\x00" * 1000)


def test_from_a_task_before_everything_is_refused() -> None:
    with pytest.raises(NothingToReuse, match='is "a" or comes after it'):
        rerun(ended(flow.CHAIN), "a")


def test_a_plan_says_what_would_run_and_starts_nothing() -> None:
    first = ended(flow.DIAMOND)
    plan = plan_rerun(execution_id=first.pk, from_task="b")
    assert (plan.reused, plan.to_run) == (("a", "c"), ("b", "d"))
    assert plan_rerun(execution_id=first.pk).to_run == ("a", "b", "c", "d")
    assert Execution.objects.count() == 1


# Another version, another input --------------------------------------------------------------------------------------


def version_of(graph: flow.Graph, **definition: Any) -> None:
    register_pipeline(pipeline=flow.define(graph, **definition))


def test_of_another_version_the_results_of_unchanged_tasks_after_unchanged_tasks_are_reused() -> None:
    first = ended({"a": [], "b": ["a"], "c": ["b"], "x": []}, failing="x")
    version_of({"a": [], "b": ["a"], "c": ["b"], "x": [], "new": ["a"]}, tasks={"b": {"parameters": {"tone": "dry"}}})
    made = rerun(first, "failed", version="current")
    assert set(reused_in(made)) == {"a"}
    assert set(work_off(made)) == {"b", "c", "x", "new"}


def test_a_task_that_was_made_to_wait_for_more_runs_again() -> None:
    first = ended({"a": [], "b": [], "x": []}, failing="x")
    version_of({"a": [], "b": ["a"], "x": []})
    assert set(reused_in(rerun(first, "failed", version=2))) == {"a"}


def test_a_task_is_unchanged_only_when_its_globals_are() -> None:
    tasks = {"a": {"parameters": {"tone": "{global.tone}"}}}
    first = ended({"a": [], "b": [], "x": []}, failing="x", tasks=tasks, global_parameters={"tone": True})
    version_of({"a": [], "b": [], "x": []}, tasks=tasks, global_parameters={"tone": 1})
    assert set(reused_in(rerun(first, "failed", version=2))) == {"b"}


def test_a_task_whose_pipeline_has_another_name_runs_again() -> None:
    first = ended({"a": [], "x": []}, failing="x")
    definition = flow.define({"a": [], "x": []}).to_dict() | {"name": "renamed"}
    register_pipeline(pipeline=Pipeline(definition), pipeline_id="flow")
    with pytest.raises(NothingToReuse, match="changed in version 2"):
        rerun(first, "failed", version="current")


def test_a_task_that_only_the_earlier_version_had_is_unknown() -> None:
    first = ended(flow.CHAIN)
    version_of({"a": []})
    with pytest.raises(UnknownTask, match='version 2 of "flow" has no task "c"'):
        rerun(first, "c", version=2)


def test_with_another_input_nothing_is_reused() -> None:
    first = ended(flow.CHAIN, failing="c", input_data={"x": 1})
    for value in ({"x": 2}, {"x": True}, {"x": 1.0}, None):
        with pytest.raises(InputChanged, match="run it again as a whole, without from_task"):
            rerun(first, "failed", input_data=value)
    assert set(reused_in(rerun(first, "failed", input_data={"x": 1}))) == {"a", "b"}


def test_when_every_result_is_reused_the_new_version_puts_its_output_together_at_once() -> None:
    outputs = {"said": "string"}
    first = ended(flow.CHAIN, outputs=outputs)
    assert first.status == "failed"
    assert first.error is not None
    assert first.error["code"] == "invalid_output"
    with pytest.raises(NothingToRun, match="register a version that mends the output"):
        rerun(first, "failed")
    version_of(flow.CHAIN, outputs=outputs, global_parameters={"output_mapping": {"said": "c_output.by"}})
    made = rerun(first, "failed", version="current")
    assert (made.status, flow.reload(made).output) == ("completed", {"said": "c"})
    assert flow.event_kinds(made) == [
        "execution.created",
        "task.reused a",
        "task.reused b",
        "task.reused c",
        "execution.completed",
    ]
    assert store.claim_oldest(flow.claimant()) is None


def test_only_the_models_of_tasks_that_run_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(name: str, task_type: str) -> str:
        asked.append(name)
        return f"local/{name}"

    monkeypatch.setattr("orchestration.services.executions.resolve_model", resolve)
    first = ended(flow.CHAIN, failing="b", tasks={name: {"model": f"of-{name}"} for name in flow.CHAIN})
    asked.clear()
    made = rerun(first, "failed")
    assert asked == ["of-b", "of-c"]
    assert [flow.row(made, name).model for name in "abc"] == ["local/of-a", "local/of-b", "local/of-c"]


# Large values --------------------------------------------------------------------------------------------------------


def make_old() -> None:
    Blob.objects.update(touched_at=Now() - timedelta(days=1))


@pytest.mark.parametrize("from_task", [None, "failed"])
def test_the_values_it_refers_to_are_touched(from_task: str | None) -> None:
    first = ended(flow.CHAIN, failing="c", input_data=LARGE, output=store_value({"other": "y" * 100_000}))
    make_old()
    made = rerun(first, from_task)
    old = Blob.objects.filter(touched_at__lt=Now() - timedelta(hours=1)).count()
    assert old == (0 if from_task else 1)
    first.delete()
    assert retention.prune_orphaned_blobs() == old
    assert not broken_invariants()
    assert flow.row(made, "a").output == (store_value({"other": "y" * 100_000}) if from_task else None)


@pytest.mark.parametrize(("from_task", "kept"), [("failed", "input"), (None, "output")])
def test_a_value_that_is_gone_is_said(from_task: str | None, kept: str) -> None:
    large_output = store_value(LARGE)
    first = ended(flow.CHAIN, failing="c", input_data={} if kept == "input" else LARGE, output=large_output)
    Blob.objects.all().delete()
    with pytest.raises(ValueGone, match=f"a value of execution {first.pk} was kept in a blob that is gone"):
        rerun(first, from_task)
    assert Execution.objects.count() == 1


def test_the_source_cannot_be_pruned_between_the_look_and_the_write() -> None:
    first = ended(flow.CHAIN, failing="c")
    plan = plan_rerun(execution_id=first.pk, from_task="failed")
    with mock.patch("orchestration.services.executions.plan_rerun", return_value=plan):
        input_of = "orchestration.services.executions._input_of_rerun"
        with mock.patch(input_of, return_value={}):
            Execution.objects.filter(pk=first.pk).delete()
            with pytest.raises(ExecutionNotFound):
                rerun_execution(execution_id=first.pk, from_task="failed")
    assert not Execution.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rerun_and_the_pruning_of_its_source_at_once_leave_a_sound_rerun_or_none() -> None:
    for _ in range(ROUNDS):
        first = ended(flow.CHAIN, failing="c", output=store_value(LARGE))
        make_old()

        def again(first: Execution = first) -> None:
            with suppress(ExecutionNotFound, RerunRefused):
                rerun_execution(execution_id=first.pk, from_task="failed")

        def prune(first: Execution = first) -> None:
            retention.delete_executions(execution_ids=[first.pk])
            retention.prune_orphaned_blobs()

        side_by_side(again, prune)
        assert not broken_invariants()
        for made in Execution.objects.all():
            store.cancel(made.pk)


# Written once --------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_rerun_and_another_one_is_a_conflict() -> None:
    first = ended(flow.CHAIN, failing="c")
    made = rerun(first, "failed", idempotency_key="k")
    assert rerun(first, "failed", idempotency_key="k").pk == made.pk
    for other in ({"from_task": "b"}, {"from_task": None}):
        with pytest.raises(IdempotencyConflict):
            rerun(first, idempotency_key="k", **other)
    with pytest.raises(IdempotencyConflict):
        execute_pipeline(pipeline_id="flow", input_data={}, idempotency_key="k")
    assert Execution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_reruns_with_a_key_at_once_are_one() -> None:
    first = ended(flow.CHAIN, failing="c")
    call = partial(rerun_execution, execution_id=first.pk, from_task="failed", idempotency_key="k")
    made = side_by_side(call, call)
    assert len({execution.pk for execution in made}) == 1  # type: ignore[attr-defined]
    assert Execution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_unclear_commit_leaves_one_rerun() -> None:
    first = ended(flow.CHAIN, failing="c")
    with unclear_commit():
        made = rerun(first, "failed")
    assert Execution.objects.count() == 2
    assert work_off(made) == ["c"]


@contextmanager
def unclear_commit() -> Iterator[None]:
    """The first write goes through, and its caller is told otherwise."""
    told = threading.Event()

    @contextmanager
    def atomic() -> Iterator[None]:
        with transaction.atomic():
            yield
        if not told.is_set():
            told.set()
            raise OperationalError("the connection was lost")

    with mock.patch.object(reusing, "transaction", mock.Mock(atomic=atomic)):
        yield
    assert told.is_set()


def test_workers_are_woken_for_what_is_queued_and_for_nothing_reused(
    broker: Celery, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first = ended({"a": [], "b": ["a"], "c": ["a"], "x": []}, failing="bc")
    messages(broker)
    with django_capture_on_commit_callbacks(execute=True):
        made = rerun(first, "failed")
    rows = [flow.row(made, name) for name in "bc"]
    assert messages(broker) == [(row.pk, row.token) for row in rows]


def test_queue_timeouts_and_the_deadline_start_with_the_rerun() -> None:
    first = ended(flow.CHAIN, failing="b", timeout=600, each={"queue_timeout": 30})
    made = rerun(first, "failed")
    assert made.deadline_at is not None
    assert (made.deadline_at - made.created_at).total_seconds() == 600
    assert flow.row(made, "a").queue_deadline_at is None
    due = flow.row(made, "b").queue_deadline_at
    assert due is not None
    assert 25 < (due - made.created_at).total_seconds() < 35


def test_a_rerun_of_what_run_carried_is_for_the_workers() -> None:
    first = flow.start(flow.CHAIN, options={"private_worker": "private"})
    private = flow.claimant("private", is_private=True)
    flow.complete(flow.take(private), private)
    flow.fail(flow.take(private), private)
    assert rerun(first, "failed").private_worker == ""


def test_a_thousand_tasks_take_as_many_statements_as_ten() -> None:
    for width in (10, 1000):
        graph: dict[str, list[str]] = {f"t{number}": [] for number in range(width)}
        first = flow.start(graph | {"last": list(graph)})
        store.cancel(first.pk)
        first.task_runs.filter(name__in=list(graph)).update(status="completed", output={})
        with CaptureQueriesContext(connection) as context:
            made = rerun_execution(execution_id=first.pk, from_task="failed")
        assert flow.statuses(made)["last"] == "queued"
        # SQLite inserts many rows in as many statements as its limit of parameters asks for.
        assert sum(not query["sql"].startswith("INSERT") for query in context.captured_queries) <= 25


# Any graph, any outcome ----------------------------------------------------------------------------------------------

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


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
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
