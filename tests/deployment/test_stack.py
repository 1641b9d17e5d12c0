"""compose.yaml's services as real processes: they start, are healthy, do work, and end in time."""

import http.client
import json
import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.deployment.stack import HOSTNAME, Stack
from tests.processes import Processes
from tests.services import HOST, PostgresServer, wait_until

pytestmark = [pytest.mark.one_database, pytest.mark.xdist_group("deployment")]

# What TASK_QUEUES of compose.yaml sends to io, what says so itself, and the rest: code of the test's own, and what is
# built in.
SUMMARY = {"model": "local/summarize", "parameters": {"input": "One sentence. Another one."}}
CHECK = {"parameters": {"value": {"a": 1}, "rules": [{"field": "a", "required": True}]}}
WORKERS = {"code": "celery-worker", "io": "celery-worker-io"}
TASKS: list[dict[str, Any]] = [
    {"name": "code_1", "type": "sleep", "parameters": {"seconds": 0.1}},
    {"name": "code_2", "type": "validation", **CHECK},
    {"name": "io_1", "type": "text_generation", **SUMMARY},
    {"name": "io_2", "type": "validation", "queue": "io", "dependencies": ["code_1"], **CHECK},
    {"name": "code_3", "type": "sleep", "dependencies": ["io_1", "io_2"], "parameters": {"seconds": 0}},
]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    started = Processes(tmp_path_factory.mktemp("deployment-logs"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def stack(processes: Processes, postgres_process: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    postgres_process.start()
    stack = Stack(processes, postgres_process, tmp_path_factory.mktemp("deployment"))
    stack.build()
    stack.up()
    return stack


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    stack.manage(
        "createsuperuser", "--no-input", "--username=anna", "--email=anna@example.org",
        DJANGO_SUPERUSER_PASSWORD="a-long-password-1",
    )  # fmt: skip
    return str(json.loads(stack.manage("api_token", "anna", "--json"))["token"])


class Client:
    """Asks as a proxy does: the host's name, and that the visitor came over HTTPS."""

    def __init__(self, stack: Stack, token: str = "", scheme: str = "https") -> None:
        self._address = (HOST, stack.port)
        self._headers = {"Host": HOSTNAME, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.7"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        sent = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json"} if sent else {}
        with closing(http.client.HTTPConnection(*self._address, timeout=10)) as connection:
            connection.request(method, path, sent, self._headers | kind | headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer, content = self.ask(method, f"/api/v1{path}", body)
        assert answer.status < 300, content
        return json.loads(content)


def test_every_service_is_healthy_by_its_own_check(stack: Stack) -> None:
    for name in ("orchestrator", "celery-worker", "celery-worker-io"):
        code, said = stack.check_health(name)
        assert code == 0, said


def test_each_task_of_a_pipeline_registered_over_rest_is_run_by_its_queues_worker(stack: Stack, token: str) -> None:
    client = Client(stack, token)
    client.call("POST", "/pipelines", {"name": "both_workers", "tasks": TASKS})
    key = client.call("POST", "/executions", {"pipeline": "both_workers", "input": {}})["id"]
    assert wait_until(lambda: bool(client.call("GET", f"/executions/{key}")["finished_at"]), interval=0.2)
    assert client.call("GET", f"/executions/{key}")["status"] == "completed"
    places = {kind: stack.threads_and_children(name) for kind, name in WORKERS.items()}
    for task in TASKS:
        (attempt,) = client.call("GET", f"/executions/{key}/tasks/{task['name']}")["attempts"]
        process = int(attempt["worker"].rpartition(":")[2])
        assert [kind for kind, found in places.items() if process in found] == [task["name"].partition("_")[0]]


def test_pages_are_served_over_https_only_with_collected_static_files(stack: Stack) -> None:
    answer, _ = Client(stack, scheme="http").ask("GET", "/login/")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOSTNAME}/login/")
    answer, page = Client(stack).ask("GET", "/login/")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=3600")
    assert "Secure" in answer.headers["Set-Cookie"]
    style = page.decode().partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer, _ = Client(stack).ask("GET", style)
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_another_host_name_is_refused(stack: Stack) -> None:
    answer, _ = Client(stack).ask("GET", "/login/", Host="evil.example.org")
    assert answer.status == 400


def test_the_installation_passes_its_own_inspection(stack: Stack) -> None:
    report = json.loads(stack.manage("doctor", "--json"))
    assert [check for check in report["checks"] if check["status"] == "problem"] == []


def test_they_end_in_order_when_they_are_told_to(stack: Stack) -> None:
    """Last in this file: nothing runs afterwards."""
    names = ("celery-worker", "celery-worker-io", "orchestrator")
    for name in names:
        stack.running[name].send_signal(signal.SIGTERM)
    assert [stack.running[name].wait() for name in names] == [0, 0, 0]
    code, said = stack.check_health("celery-worker")
    assert code == 1
    assert "no worker of" in said
