"""Signals: a command ends cleanly, says how to go on, and leaves nothing half done."""

import signal
from pathlib import Path
from uuid import UUID

import pytest

from tests.commands.conftest import Write
from tests.commands.looking import execution_statuses
from tests.conftest import WorkEnvironment
from tests.processes import Processes
from tests.services import wait_until

SLEEPING = "name: sleepy\ntasks: [{{name: t, type: sleep, parameters: {{seconds: 60, log: {log}}}}}]"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_while_waiting_leaves_the_execution_and_says_how_to_look(
    processes: Processes, work_environment: WorkEnvironment, write: Write, number: signal.Signals
) -> None:
    env = work_environment(TASK_HANDLER_MODULES="tests.sample_handlers")
    run = processes.manage("run_pipeline", write(), "--set", "name=Ada", env=env, ready="^execution ")
    run.send_signal(number)
    assert run.wait() == 128 + number
    key = run.wait_for(r"python manage.py executions (\S+)$").group(1)
    assert "Traceback" not in run.read_log()
    assert execution_statuses(env) == {UUID(key).hex: "pending"}


def test_stopping_what_runs_here_cancels_it(
    processes: Processes, work_environment: WorkEnvironment, write: Write, tmp_path: Path
) -> None:
    env = work_environment(TASK_HANDLER_MODULES="tests.sample_handlers")
    log = tmp_path / "log"
    run = processes.manage("run_pipeline", write(SLEEPING.format(log=log)), "--here", env=env)
    wait_until(lambda: log.exists() or not run.is_running)
    assert run.is_running, run.read_log()
    run.send_signal(signal.SIGTERM)
    assert run.wait() == 128 + signal.SIGTERM
    assert "Traceback" not in run.read_log()
    assert [*execution_statuses(env).values()] == ["cancelled"]


@pytest.mark.one_database
def test_a_database_without_tables_is_said_with_the_way_out(
    processes: Processes, work_environment: WorkEnvironment
) -> None:
    done = processes.run("manage.py", "executions", env=work_environment(migrated=False))
    assert done.returncode == 2
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr
