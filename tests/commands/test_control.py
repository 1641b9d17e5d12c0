"""`pause` and `resume`: several executions at once, and with real workers."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.commands.calling import call
from tests.commands.conftest import Write
from tests.commands.looking import execution_statuses, task_statuses
from tests.conftest import WorkEnvironment
from tests.engine import flow
from tests.processes import Processes
from tests.services import wait_until

SLEEPING = """
name: sleepy
tasks:
  - {{name: a, type: sleep_once, parameters: {{seconds: 600, log: {log}}}}}
  - {{name: b, type: echo, dependencies: [a], parameters: {{seen: "{{a_output.attempt}}"}}}}
"""


@pytest.mark.django_db
class TestHere:
    def test_pause_and_resume_do_what_they_say_and_may_be_repeated(self) -> None:
        keys = [str(flow.start().pk) for _ in range(2)]
        for _ in range(2):
            called = call("pause", *keys, "--reason", "wrong prices", "--json")
            assert (called.code, called.document) == (0, {"paused": dict.fromkeys(keys, True)})
        assert call("executions", keys[0], "--json").document["status"] == "paused"
        assert "wrong prices" in call("executions", keys[0], "--events").out
        for _ in range(2):
            called = call("resume", *keys, "--json")
            assert (called.code, called.document) == (0, {"resumed": dict.fromkeys(keys, True)})
        assert call("executions", keys[0], "--json").document["status"] == "pending"

    def test_people_are_told_how_each_stands(self) -> None:
        key = str(flow.start().pk)
        assert f"‖ paused {key}" in call("pause", key).out
        assert f"· pending {key}" in call("resume", key).out

    @pytest.mark.parametrize(("command", "word"), [("pause", "paused"), ("resume", "resumed")])
    def test_what_has_ended_exits_with_1(self, command: str, word: str) -> None:
        ended, live = str(flow.start().pk), str(flow.start().pk)
        call("cancel", ended)
        called = call(command, ended, live, "--json")
        assert (called.code, called.document) == (1, {word: {ended: False, live: True}})
        assert f"{ended} had already ended" in call(command, ended).out

    @pytest.mark.parametrize("command", ["pause", "resume"])
    def test_one_unknown_id_touches_none(self, command: str) -> None:
        execution = flow.start()
        called = call(command, str(execution.pk), "nonsense")
        assert (called.code, flow.reload(execution).status) == (2, "pending")
        assert "there is no execution" in called.err


def test_a_child_killed_in_a_pause_leaves_its_task_queued_until_it_goes_on(
    processes: Processes, work_environment: WorkEnvironment, write: Write, tmp_path: Path
) -> None:
    env = work_environment(TASK_HANDLER_MODULES="tests.sample_handlers", LEASE_SECONDS="3", LEASE_RENEWAL_SECONDS="0.5")

    def ask(*words: str) -> Any:
        done = processes.run("manage.py", *words, "--json", env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def status() -> dict[str, str]:
        (found,) = execution_statuses(env).values()
        return {"": found} | task_statuses(env)

    log = tmp_path / "log"
    log.touch()
    processes.worker("--concurrency", "1", env=env)
    key = ask("run_pipeline", write(SLEEPING.format(log=log)), "--no-wait")["execution_id"]
    assert wait_until(lambda: bool(log.read_text()))
    ask("pause", key)
    os.kill(int(log.read_text().split()[2]), signal.SIGKILL)
    assert wait_until(lambda: status() == {"": "paused", "a": "queued", "b": "pending"}), status()
    assert not wait_until(lambda: status()["a"] != "queued", 2), "nobody may take it"
    ask("resume", key)
    assert wait_until(lambda: status()[""] == "completed"), status()
    task = ask("executions", key)["tasks"]["a"]
    assert (task["failures"], task["crashes"], task["output"]) == (0, 1, {"attempt": 2})
