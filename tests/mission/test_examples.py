"""The product description's examples, run as a user would: `python script.py` at the project's root."""

import json
from collections.abc import Iterator

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes
from tests.providers.hosted.server import Asked, ModelServer, Sent, say

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


@pytest.fixture
def gpt_4() -> Iterator[ModelServer]:
    """Stands for OpenAI; answers with what it was asked, so that each step shows in the next."""

    def repeat(asked: Asked) -> Sent:
        return say(asked, f"<{asked.body['messages'][-1]['content']}>")

    with ModelServer() as server:
        server.fallback = repeat
        yield server


def test_content_generation(work_environment: WorkEnvironment, processes: Processes, gpt_4: ModelServer) -> None:
    env = work_environment(OPENAI_BASE_URL=f"{gpt_4.url}/v1", PYTHONPATH=".")
    processes.worker(env=env)
    done = processes.run(f"{SCRIPTS}/content_generation.py", env=env)
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert status["output"] == {"final_content": "<Refine: <Write about lighthouses.>>"}
    assert [(asked.body["model"], asked.body["temperature"]) for asked in gpt_4.requests] == [
        ("gpt-4", 0.7),
        ("gpt-4", 0.5),
    ]
    assert gpt_4.requests[0].body["max_tokens"] == 2000
    assert status["tasks"]["refine_content"]["usage"] == {"requests": 1, "input_tokens": 10, "output_tokens": 5}


def test_content_generation_without_the_setting_names_it(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    done = processes.run(f"{SCRIPTS}/content_generation.py", env=work_environment(PYTHONPATH="."))
    assert done.returncode == 1
    assert "UnknownModel" in done.stderr
    assert "set OPENAI_API_KEY or OPENAI_BASE_URL" in done.stderr


def test_debug_mode(work_environment: WorkEnvironment, processes: Processes, gpt_4: ModelServer) -> None:
    env = work_environment(OPENAI_BASE_URL=f"{gpt_4.url}/v1", OPENAI_API_KEY="sk-canary", PYTHONPATH=".")
    processes.worker("--loglevel", "DEBUG", env=env)
    done = processes.run(f"{SCRIPTS}/debug_mode.py", env=env)
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert (status["status"], status["tasks"]["greet"]["output"]["text"]) == ("completed", "<Say hello.>")
    assert "sk-canary" not in done.stdout + done.stderr
