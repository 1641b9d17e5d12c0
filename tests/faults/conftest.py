"""A whole system for one test: environment, submitting client, workers; each as in production a process of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.faults.asked import Asked
from tests.processes import ManagedProcess, Processes
from tests.services import wait_until

FAST = {
    "LEASE_SECONDS": "3",
    "LEASE_RENEWAL_SECONDS": "0.5",
    "ATTEMPT_GRACE_SECONDS": "0.5",
    "SHUTDOWN_GRACE_SECONDS": "1",
    "TASK_HANDLER_MODULES": "tests.sample_handlers",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
# name → (database, whether Redis is the broker)
PROFILES = {"sqlite": ("sqlite", False), "postgresql-redis": ("postgresql", True), "postgresql": ("postgresql", False)}
SECONDS = 40.0


class System:
    """What a test does with the system under test."""

    def __init__(self, env: dict[str, str], processes: Processes, folder: Path) -> None:
        self.env = env
        self.processes = processes
        self.notes = folder / "notes"
        self.notes.touch()
        self.client = Asked("tests.faults.client", env, folder / "client.log")

    def worker(self, *, pool: str = "prefork", concurrency: int = 2) -> ManagedProcess:
        """Start a worker and wait until it takes work."""
        return self.processes.worker("--pool", pool, "--concurrency", str(concurrency), env=self.env)

    def start(self, tasks: Sequence[Mapping[str, Any]], *, input_data: Any = None, **config: Any) -> str:
        """Submit; the execution's id."""
        pipeline = {"name": "faults", "tasks": list(tasks), **config}
        return str(self.client.ask("start", pipeline=pipeline, input_data=input_data or {})["id"])

    def wait(self, execution_id: str, seconds: float = SECONDS) -> dict[str, Any]:
        """The status once the execution has ended; fails when it has not in time."""
        status: dict[str, Any] = self.client.ask("wait", execution_id=execution_id, seconds=seconds)
        assert status["finished_at"], f"not ended after {seconds:g} s: {json.dumps(status, indent=1)[:3000]}"
        self.client.ask("check", execution_id=execution_id)
        return status

    def task(self, execution_id: str, name: str = "a") -> dict[str, Any]:
        found: dict[str, Any] = self.client.ask("status", execution_id=execution_id)["tasks"][name]
        return found

    def attempts(self, execution_id: str) -> list[str]:
        """How each attempt ended, in the tasks' order."""
        return [found["status"] for found in self.client.ask("attempts", execution_id=execution_id)]

    def noted(self, word: str) -> list[int]:
        """The processes that noted `word`, in order (see `sample_handlers.note`)."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [int(line[2]) for line in lines if line[0] == word]

    def wait_for_note(self, word: str, count: int = 1) -> int:
        """Wait until `word` was noted that often; the process that did it last."""
        assert wait_until(lambda: len(self.noted(word)) >= count, SECONDS), f"nobody noted {word!r} {count} times"
        return self.noted(word)[-1]

    def task_noting(self, kind: str, name: str = "a", **parameters: Any) -> dict[str, Any]:
        """A task that notes what it does."""
        return {"name": name, "type": kind, "parameters": {"log": str(self.notes), **parameters}}


@pytest.fixture
def system(
    request: pytest.FixtureRequest, work_environment: WorkEnvironment, processes: Processes, tmp_path: Path
) -> Iterator[System]:
    """The system in the profile that the test is parametrised with (default: nothing installed)."""
    database, broker = PROFILES[getattr(request, "param", "sqlite")]
    made = System(work_environment(database=database, broker=broker) | FAST, processes, tmp_path)
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def working_system(
    request: pytest.FixtureRequest, shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system with two workers for all tests of a module, in the profile it is parametrised with."""
    database, broker = PROFILES[request.param]
    folder = tmp_path_factory.mktemp("working")
    processes = Processes(folder)
    made = System(shared_environment(database=database, broker=broker) | FAST, processes, folder)
    made.worker()
    made.worker()
    yield made
    made.client.close()
    processes.close()


@pytest.fixture
def working(working_system: System, tmp_path: Path) -> System:
    """A system whose two workers wait for work, with notes of the test's own; tests stop nothing of it."""
    working_system.notes = tmp_path / "notes"
    working_system.notes.touch()
    return working_system


def while_working(*names: str) -> pytest.MarkDecorator:
    """As `in_every_profile`, for `working`: processes are started once for each profile."""
    return pytest.mark.parametrize("working_system", names or tuple(PROFILES), indirect=True)


def in_every_profile(*names: str) -> pytest.MarkDecorator:
    """Run the test in each of these profiles, by default in all."""
    return pytest.mark.parametrize("system", names or tuple(PROFILES), indirect=True)
