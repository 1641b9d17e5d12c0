"""Workers at work: every awkward value, large documents, cancelling, workers that come late, workers that share."""

import pytest

from tests.faults.conftest import System, in_profiles, while_working
from tests.sample_handlers import AWKWARD

pytestmark = pytest.mark.one_database

REFUSED = {"bytes", "object", "deep", "huge", "huge_integer"}
NASTY = "a\x00b\ud800c"


@while_working("sqlite", "postgresql-redis")
def test_every_awkward_output_is_stored_or_refused_with_a_reason_and_nothing_hangs(working: System) -> None:
    tasks = [{"name": kind, "type": "awkward", "parameters": {"kind": kind}} for kind in AWKWARD]
    status = working.wait(working.start([*tasks, {"name": "no_dict", "type": "not_a_dict"}]))
    assert status["status"] == "failed"
    for kind in AWKWARD:
        found = status["tasks"][kind]
        assert found["status"] == ("failed" if kind in REFUSED else "completed"), kind
        assert (found["failures"], found["crashes"]) == (int(kind in REFUSED), 0), kind
        assert kind not in REFUSED or found["error"]["code"] == "unstorable_value"
    assert status["tasks"]["no_dict"]["error"]["code"] == "output_not_a_dict"
    assert status["tasks"]["nul"]["output"] == {"value": "a\x00b"}


@while_working("sqlite", "postgresql-redis")
def test_twenty_megabytes_with_nul_and_lone_surrogates_come_through(working: System) -> None:
    text = NASTY + "x" * 20_000_000
    tasks = [
        {"name": "a", "type": "echo", "parameters": {"text": "{input.text}"}},
        {"name": "b", "type": "echo", "parameters": {"text": "{a_output.text}"}, "dependencies": ["a"]},
    ]
    status = working.wait(working.start(tasks, input_data={"text": text}))
    assert status["status"] == "completed", status["error"]
    assert status["output"]["b"]["text"] == text


@while_working("sqlite", "sqlite threads")
def test_a_cancelled_task_is_over_at_once_and_its_late_report_is_kept_as_discarded(working: System) -> None:
    task = working.task_noting("wait_for_cancel")
    execution = working.start([task, {"name": "b", "type": "echo", "dependencies": ["a"]}])
    working.wait_for_note("start")
    assert working.client.ask("cancel", execution_id=execution) == {"cancelled": True}
    assert working.client.ask("status", execution_id=execution)["status"] == "cancelled"
    working.wait_for_note("cancelled")
    again = working.start([{"name": "a", "type": "echo"}])
    assert working.wait(again)["status"] == "completed"
    found = working.client.ask("attempts", execution_id=execution)
    assert [(attempt["status"], attempt["usage"]) for attempt in found] == [("discarded", {"units": 7})]


@in_profiles("sqlite", "postgresql-redis")
def test_a_worker_started_after_the_submission_takes_it_up(system: System) -> None:
    execution = system.start([{"name": "a", "type": "echo", "parameters": {"x": 1}}])
    reason = system.client.ask("status", execution_id=execution)["reason"]
    assert reason == "no worker is running; start one with: celery -A config worker"
    system.worker()
    assert system.wait(execution)["output"] == {"a": {"x": 1}}


@while_working("sqlite", "postgresql")
def test_two_workers_on_one_database_share_the_work(working: System) -> None:
    tasks = [working.task_noting("sleep", f"t{number}", seconds=0.3) for number in range(16)]
    status = working.wait(working.start(tasks, max_parallel=16))
    assert status["status"] == "completed"
    took_part = set(working.noted("end"))
    for worker in working.processes.started:
        assert took_part & {child.pid for child in worker.children}, "both workers did some of it"
    assert len(working.noted("start")) == 16


@while_working("sqlite", "postgresql-redis", "postgresql")
def test_processes_that_record_at_once_over_shared_children_neither_block_nor_lose_anything(working: System) -> None:
    workers = working.processes.started
    before = [len(worker.read_log()) for worker in workers]
    layers = [[f"{layer}{number}" for number in range(4)] for layer in "abc"]
    woven = [
        {"name": name, "type": "echo", "dependencies": layers[depth - 1] if depth else []}
        for depth, layer in enumerate(layers)
        for name in layer
    ]
    for execution in [working.start(woven) for _ in range(8)]:
        assert working.wait(execution)["status"] == "completed"
        assert working.attempts(execution) == ["completed"] * 12
    for worker, length in zip(workers, before, strict=True):
        written = worker.read_log()[length:]
        assert "deadlock" not in written
        assert "database is locked" not in written
        assert "Traceback" not in written


@while_working("sqlite threads")
def test_threads_do_the_same_work(working: System) -> None:
    tasks = [{"name": f"t{number}", "type": "echo"} for number in range(10)]
    last = {"name": "last", "type": "echo_async", "dependencies": [task["name"] for task in tasks]}
    status = working.wait(working.start([*tasks, last], max_parallel=10))
    assert status["status"] == "completed"
    assert {(task["failures"], task["crashes"]) for task in status["tasks"].values()} == {(0, 0)}
