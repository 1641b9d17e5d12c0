"""Rerun: a new execution of what an earlier one ran, with those of its results that are what they would be again."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from orchestration.definition import Pipeline
from orchestration.engine import runner, store
from orchestration.engine.store import Origin
from orchestration.exceptions import ExecutionNotFound, InvalidInput, PipelineNotFound
from orchestration.models import Execution
from orchestration.services.executions import rerun_execution
from orchestration.services.pipelines import register_pipeline
from orchestration.services.reruns import (
    InputChanged,
    NothingToReuse,
    NothingToRun,
    StillRunning,
    UnknownTask,
    plan_rerun,
)
from orchestration.states import Trigger
from tests.engine import flow
from tests.engine.reruns import assert_sound, ended, rerun, reused_in, work_off

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


# As a whole -----------------------------------------------------------------------------------------------------------


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


# From failed ----------------------------------------------------------------------------------------------------------


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


# From a task ----------------------------------------------------------------------------------------------------------


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


# Another version, another input ---------------------------------------------------------------------------------------


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
