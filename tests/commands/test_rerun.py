"""`rerun`: what runs again, with which input, and how it is followed."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from orchestration.models import Blob, Execution
from orchestration.services.pipelines import register_pipeline
from tests.commands.calling import call
from tests.conftest import WorkEnvironment
from tests.engine import flow
from tests.processes import Processes

pytestmark = pytest.mark.django_db


def failed_chain(**options: Any) -> Execution:
    """a → b → c, failed at b."""
    execution, who = flow.start(flow.CHAIN, input_data={"x": {"y": 1}, "z": 2}, **options), flow.claimant()
    flow.complete(flow.take_task(execution, "a", who), who)
    flow.fail(flow.take_task(execution, "b", who), who)
    return execution


def newest() -> Execution:
    return Execution.objects.order_by("-created_at")[0]


def test_a_whole_rerun_is_left_to_the_workers_when_asked() -> None:
    first = failed_chain(options={"title": "March"})
    called = call("rerun", str(first.pk), "--no-wait")
    made = newest()
    assert (called.code, called.out.strip()) == (0, str(made.pk))
    assert (made.rerun_of_id, made.trigger, made.title, made.input) == (first.pk, "command", "March", first.input)
    assert flow.statuses(made)["a"] == "queued"


def test_from_failed_reuses_results() -> None:
    first = failed_chain()
    document = call("rerun", str(first.pk), "--from", "failed", "--no-wait", "--json").document
    assert {name: task["status"] for name, task in document["tasks"].items()} == {
        "a": "completed",
        "b": "queued",
        "c": "pending",
    }
    assert document["progress"] == {"tasks": 3, "finished": 1}
    history = call("executions", document["execution_id"], "--events").out
    assert "task.reused" in history
    assert "reused" in history.partition("history")[0]
    assert document["tasks"]["a"]["reused"] is True
    assert str(first.pk) in history


def test_a_dry_run_says_what_would_happen_and_starts_nothing() -> None:
    key = str(failed_chain().pk)
    assert call("rerun", key, "--from", "failed", "--dry-run", "--json").document == {
        "version": 1,
        "reused": ["a"],
        "to_run": ["b", "c"],
        "dry_run": True,
    }
    out = call("rerun", key, "--from", "failed", "--dry-run").out
    assert "would reuse 1 result: a" in out
    assert "would run 2 tasks: b, c" in out
    assert "reuse" not in call("rerun", key, "--dry-run").out
    assert Execution.objects.count() == 1


def test_a_dry_run_says_when_only_the_output_is_made_anew() -> None:
    execution, who = flow.start(), flow.claimant()
    flow.complete(flow.take(who), who)
    register_pipeline(pipeline=flow.define(flow.ONE, description="new"))
    out = call("rerun", str(execution.pk), "--from", "failed", "--pipeline-version", "current", "--dry-run").out
    assert "would run no task" in out


def test_set_changes_the_earlier_input() -> None:
    key = str(failed_chain().pk)
    call("rerun", key, "--set", "x.y=7", "--no-wait")
    assert newest().input == {"x": {"y": 7}, "z": 2}
    call("rerun", key, "--input", "[1]", "--no-wait")
    assert newest().input == [1]
    called = call("rerun", key, "--set", "z.y=7", "--no-wait", "--json")
    assert (called.code, called.document["error"]["code"]) == (2, "bad_usage")


def test_a_lost_input_is_said() -> None:
    execution = flow.start(input_data={"x": "y" * 100_000})
    Blob.objects.all().delete()
    called = call("rerun", str(execution.pk), "--set", "x=1")
    assert (called.code, "give it anew with --input" in called.err) == (2, True)
    assert "a blob that is gone" in call("rerun", str(execution.pk)).err


def test_a_version_and_a_title_can_be_given() -> None:
    key = str(failed_chain().pk)
    register_pipeline(pipeline=flow.define(flow.ONE))
    call("rerun", key, "--pipeline-version", "current", "--title", "April", "--no-wait")
    assert (newest().version.number, newest().title) == (2, "April")
    call("rerun", key, "--pipeline-version", "1", "--no-wait")
    assert newest().version.number == 1


@pytest.mark.parametrize("version", ["0", "-1", "x", "9999999999", "²"])
def test_a_version_that_cannot_be_one_is_bad_usage(version: str) -> None:
    with pytest.raises(CommandError, match="give a version's number"):
        call("rerun", "x", f"--pipeline-version={version}")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--from", "bb"), "unknown_task"),
        (("--from", "a"), "nothing_to_reuse"),
        (("--from", "failed", "--set", "z=3"), "input_changed"),
        (("--pipeline-version", "7"), "pipeline_not_found"),
    ],
)
def test_what_cannot_be_done_exits_with_2(words: tuple[str, ...], code: str) -> None:
    called = call("rerun", str(failed_chain().pk), *words, "--json")
    assert (called.code, called.document["error"]["code"]) == (2, code)
    assert Execution.objects.count() == 1


@pytest.mark.parametrize("key", ["nonsense", "01a20000-0000-7000-8000-000000000000"])
def test_an_unknown_execution_exits_with_2(key: str) -> None:
    called = call("rerun", key)
    assert (called.code, "there is no execution" in called.err) == (2, True)


def test_waiting_ends_at_its_timeout_and_the_execution_goes_on() -> None:
    called = call("rerun", str(failed_chain().pk), "--timeout", "0.2")
    assert called.code == 1
    assert "It has not ended after 0.2 s" in called.err
    assert newest().status == "pending"


def test_a_worker_runs_it_and_the_exit_code_says_how_it_ended(
    processes: Processes, work_environment: WorkEnvironment, tmp_path: Path
) -> None:
    env = work_environment(TASK_HANDLER_MODULES="tests.sample_handlers")
    file = tmp_path / "pipeline.yaml"
    tasks = "[{name: a, type: echo, parameters: {n: 1}}, {name: b, type: fail, dependencies: [a], parameters: {%s}}]"
    file.write_text(f"name: mended\ntasks: {tasks % 'message: no luck'}")
    processes.worker("--concurrency", "1", env=env)
    first = processes.run("manage.py", "run_pipeline", str(file), env=env)
    assert first.returncode == 1, first.stdout + first.stderr
    key = first.stdout.split()[1]
    again = processes.run("manage.py", "rerun", key, "--from", "failed", env=env)
    assert (again.returncode, "no luck" in again.stdout) == (1, True), again.stdout + again.stderr
    file.write_text(f"name: mended\ntasks: {tasks % 'times: 0'}")
    processes.run("manage.py", "register_pipeline", str(file), env=env)
    mended = processes.run("manage.py", "rerun", key, "--from", "failed", "--pipeline-version", "current", env=env)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    shown = processes.run("manage.py", "executions", mended.stdout.split()[1], "--events", env=env).stdout
    assert shown.count("task.started") == 1
    assert "task.reused" in shown
