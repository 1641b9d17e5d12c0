"""The product description's examples, run as a user would: `python script.py` at the project's root."""

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes

SCRIPTS = "tests/mission/scripts"
ROUTES = {"MODEL_ROUTES": "gpt-4=local/extract,bert-base-uncased=local/classify", "PYTHONPATH": "."}


@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "redis"])
def test_quick_start_registers_executes_and_tells_the_status(
    work_environment: WorkEnvironment, processes: Processes, broker: bool
) -> None:
    env = work_environment(broker=broker) | ROUTES
    processes.worker(env=env)
    done = processes.run(f"{SCRIPTS}/quick_start.py", env=env)
    assert done.returncode == 0, done.stderr
    first, then = done.stdout.splitlines()
    assert first in [f"Pipeline status: {status}" for status in ("pending", "running", "completed")]
    assert then == "Then: completed financial"


def test_quick_start_may_run_twice(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment() | ROUTES
    processes.worker(env=env)
    for _ in range(2):
        assert processes.run(f"{SCRIPTS}/quick_start.py", env=env).returncode == 0


def test_quick_start_without_routes_names_the_setting_that_is_missing(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    done = processes.run(f"{SCRIPTS}/quick_start.py", env=work_environment(PYTHONPATH="."))
    assert done.returncode == 1
    assert "UnknownModel" in done.stderr
    assert "MODEL_ROUTES" in done.stderr


def test_on_a_fresh_checkout_the_missing_migration_is_named(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    done = processes.run(f"{SCRIPTS}/custom_handler.py", env=work_environment(migrated=False, PYTHONPATH="."))
    assert done.returncode == 1
    assert "DatabaseNotReady: The database has no tables yet. Run: python manage.py migrate" in done.stderr


def test_custom_task_handlers(work_environment: WorkEnvironment, processes: Processes) -> None:
    done = processes.run(f"{SCRIPTS}/custom_handler.py", env=work_environment(PYTHONPATH="."))
    assert done.stdout == "completed {'words': 3}\n", done.stderr
    assert "only run() here can use it" in done.stderr


def test_pipeline_callbacks(work_environment: WorkEnvironment, processes: Processes) -> None:
    done = processes.run(f"{SCRIPTS}/callbacks.py", env=work_environment(PYTHONPATH="."))
    assert done.stdout.splitlines() == [
        "Pipeline checks completed: completed",
        "notified about checks",
        "Pipeline checks completed: failed",
        "Pipeline checks failed: the amount is negative",
        "logged: the amount is negative",
    ], done.stderr
