"""Hosted models asked by a real worker: what is tried again, what is not, and that a key is nowhere to be found."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.faults.asked import Asked as Asking
from tests.processes import Processes
from tests.providers.hosted.server import Asked, ModelServer, Sent, fail, fill_in, late, say

CANARY = "sk-canary-6f1d8c52e7"
CLIENT = """
import json, sys
from orchestration import Pipeline, PipelineOrchestrator
from orchestration.models import TaskAttempt
orchestrator = PipelineOrchestrator()
name = orchestrator.register_pipeline(Pipeline(json.loads(sys.argv[1])))
status = orchestrator.wait_sync(orchestrator.execute_pipeline_sync(name, {}), timeout=60)
attempts = TaskAttempt.objects.order_by("task_run__position", "token")
status["attempts"] = list(attempts.values("task_run__name", "status", "model", "usage", "error"))
print(json.dumps(status))
"""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as started:
        yield started


def made_for(server: ModelServer) -> dict[str, str]:
    """Both services at the server."""
    return {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": CANARY,
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_API_KEY": CANARY,
        "PYTHONPATH": ".",
    }


def execute(processes: Processes, env: dict[str, str], *tasks: dict[str, Any]) -> dict[str, Any]:
    done = processes.run("-c", CLIENT, json.dumps(write(tasks)), env=env, seconds=90)
    assert done.returncode == 0, done.stderr
    status: dict[str, Any] = json.loads(done.stdout)
    return status


def write(tasks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    retry = {"initial": 0.05, "max_delay": 0.1}
    written = [{"name": f"t{number}", "retry": retry, **task} for number, task in enumerate(tasks)]
    return {"name": "hosted", "tasks": written}


class Working:
    """A worker, the program that submits to it, and the server that it asks: for all tests of a pool."""

    def __init__(self, server: ModelServer, client: Asking) -> None:
        self.server = server
        self._client = client

    def execute(self, *tasks: dict[str, Any]) -> dict[str, Any]:
        """The status once it has ended, with every attempt."""
        key = self._client.ask("start", pipeline=write(tasks), input_data={})["id"]
        status: dict[str, Any] = self._client.ask("wait", execution_id=key, seconds=60)
        return status | {"attempts": self._client.ask("attempts", execution_id=key)}


@pytest.fixture(scope="module")
def worker(
    request: pytest.FixtureRequest, shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Working]:
    folder = tmp_path_factory.mktemp("hosted")
    processes = Processes(folder)
    with ModelServer() as server:
        # Longer than the timeout of an attempt below.
        env = shared_environment(MODEL_REQUEST_TIMEOUT="3", DJANGO_SETTINGS_MODULE="config.settings")
        env |= made_for(server)
        client = Asking("tests.faults.client", env, folder / "client.log")
        try:
            processes.worker("--pool", request.param, "--concurrency", "2", env=env)
            yield Working(server, client)
        finally:
            client.close()
            processes.close()


@pytest.fixture
def working(worker: Working) -> Working:
    """The worker, with a server that remembers nothing of earlier tests."""
    worker.server.requests.clear()
    worker.server.replies.clear()
    return worker


def with_pool(*pools: str) -> pytest.MarkDecorator:
    """The pools of the worker that a test uses."""
    return pytest.mark.parametrize("worker", pools, indirect=True)


def cut_off(asked: Asked) -> Sent:
    return Sent(say(asked, "x").body, lost_bytes=20)


# What the first request of a task meets, by its prompt → the code of the attempt.
PASSING: dict[str, tuple[Callable[[Asked], Sent], str]] = {
    "overloaded": (lambda asked: fail(asked, 429, "slow down", retry_after="1"), "rate_limited"),
    "no json": (lambda asked: Sent(b"<html>"), "malformed_reply"),
    "nothing": (lambda asked: Sent(b""), "malformed_reply"),
    "cut off": (cut_off, "connection_failed"),
    "silent": (lambda asked: late(say(asked, "late"), 30), "model_timeout"),
}


@pytest.mark.one_database
@with_pool("prefork", "threads")
def test_what_may_pass_is_tried_again_by_the_engine(working: Working) -> None:
    left = {name: reply for name, (reply, _) in PASSING.items()}

    def first_a_fault(asked: Asked) -> Sent:
        name = next((name for name in left if name in asked.text), None)
        return left.pop(name)(asked) if name else say(asked, "All is well.")

    working.server.fallback = first_a_fault
    tasks = [{"type": "text_generation", "model": "gpt-4", "parameters": {"prompt": name}} for name in PASSING]
    status = working.execute(*tasks)
    assert status["status"] == "completed", status["error"]
    failed = [attempt for attempt in status["attempts"] if attempt["error"]]
    assert [attempt["error"]["code"] for attempt in failed] == [code for _, code in PASSING.values()]
    assert {(task["failures"], task["crashes"]) for task in status["tasks"].values()} == {(1, 0)}
    assert {attempt["model"] for attempt in status["attempts"] if not attempt["error"]} == {"openai/gpt-4-0613"}
    assert {attempt["usage"]["requests"] for attempt in status["attempts"]} == {1}


@pytest.mark.one_database
@with_pool("prefork")
def test_an_attempt_ends_at_its_timeout_whatever_the_model_does(working: Working) -> None:
    working.server.fallback = lambda asked: say(asked, "All is well.")
    working.server.script(lambda asked: say(asked, "at once"), lambda asked: late(say(asked, "late"), 60))
    ask = {"type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "Write."}}
    status = working.execute(ask, {**ask, "timeout": 2, "dependencies": ["t0"]})
    assert [attempt["status"] for attempt in status["attempts"]] == ["completed", "timed_out", "completed"]


@pytest.mark.one_database
@with_pool("prefork")
def test_what_stays_wrong_ends_the_task_at_once(working: Working) -> None:
    working.server.fallback = lambda asked: (
        fail(asked, 400, "no", code="content_filter") if "murder" in asked.text else fill_in(asked, {"label": "c"})
    )
    status = working.execute(
        {"type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "murder"}},
        {
            "type": "classification",
            "model": "claude-sonnet-5",
            "parameters": {"categories": ["a", "b"], "text": "x"},
        },
    )
    assert [task["error"]["code"] for task in status["tasks"].values()] == ["refused", "invalid_output"]
    assert [task["failures"] for task in status["tasks"].values()] == [1, 1]
    assert status["attempts"][1]["usage"] == {"requests": 2, "repairs": 1, "input_tokens": 20, "output_tokens": 10}


@pytest.mark.one_database
def test_a_key_is_in_no_row_no_log_and_no_output(
    processes: Processes, work_environment: WorkEnvironment, server: ModelServer
) -> None:
    """With the logs at their loudest and a service that repeats the key in everything it says."""
    said = f"the key {CANARY} is bad"
    server.script(
        lambda asked: fail(asked, 401, said),
        lambda asked: fail(asked, 500, said, x_key=CANARY),
        lambda asked: Sent({"choices": said}),
        lambda asked: Sent(said.encode()),
        lambda asked: Sent(status=307, headers={"location": f"http://127.0.0.1:1/{CANARY}"}),
    )
    env = work_environment() | made_for(server)
    loud = env | {"LOG_LEVEL": "DEBUG", "OPENAI_LOG": "debug", "ANTHROPIC_LOG": "debug"}
    worker = processes.worker("--loglevel", "DEBUG", "--concurrency", "1", env=loud)
    ask = {"type": "text_generation", "parameters": {"prompt": "Write."}, "retry": {"max_attempts": 1}}
    tasks = [{**ask, "model": model} for model in ("gpt-4", "claude-sonnet-5", "gpt-4", "gpt-4", "gpt-4")]
    status = execute(processes, loud, *tasks)
    assert status["status"] == "failed"
    assert len(server.requests) == 5
    assert CANARY not in json.dumps(status)
    doctor = processes.run("manage.py", "doctor", "--json", env=loud)
    assert "openai/*" in doctor.stdout
    assert CANARY not in doctor.stdout + doctor.stderr
    assert CANARY not in worker.read_log()
    assert not find_in_database(env, CANARY)
    assert find_in_database(env, "is bad"), "the search finds what is there"


def find_in_database(env: dict[str, str], text: str) -> bool:
    files = [path for path in Path(env["DATA_DIR"]).rglob("*") if path.is_file()]
    return any(text.encode() in path.read_bytes() for path in files)
