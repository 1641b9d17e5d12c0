"""A whole system for one test: environment, submitting client, workers; each as in production a process of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
SECONDS = 60.0


@dataclass(frozen=True)
class Place:
    """A database of one profile, and the program that submits to it."""

    env: dict[str, str]
    client: Asked


class System:
    """What a test does with the system under test."""

    def __init__(self, place: Place, processes: Processes, folder: Path) -> None:
        self.env = dict(place.env)
        self.client = place.client
        self.processes = processes
        self.take_notes(folder)

    def take_notes(self, folder: Path) -> None:
        """From now on tasks write theirs there."""
        self.notes = folder / "notes"
        self.notes.touch()

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


def open_place(profile: str, make: WorkEnvironment, folder: Path) -> Iterator[Place]:
    database, broker = PROFILES[profile]
    env = make(database=database, broker=broker) | FAST
    client = Asked("tests.faults.client", env, folder / "client.log")
    yield Place(env, client)
    client.close()


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest, shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The place that the tests of a module share which are parametrised with the same profile."""
    yield from open_place(request.param, shared_environment, tmp_path_factory.mktemp("place"))


@pytest.fixture
def system(place: Place, processes: Processes, tmp_path: Path) -> System:
    """The system in the profile that the test is parametrised with, without a row or process of an earlier test."""
    place.client.ask("forget")
    return System(place, processes, tmp_path)


@pytest.fixture(scope="module")
def working_system(
    request: pytest.FixtureRequest, shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system with workers for all tests of a module; for its parameters see `while_working`."""
    profile, workers, pool = request.param
    folder = tmp_path_factory.mktemp("working")
    processes = Processes(folder)
    for place in open_place(profile, shared_environment, folder):
        made = System(place, processes, folder)
        for _ in range(workers):
            made.worker(pool=pool, concurrency=4 // workers)
        yield made
    processes.close()


@pytest.fixture
def working(working_system: System, tmp_path: Path) -> System:
    """A system whose workers wait for work, with notes of the test's own; tests stop nothing of it but children."""
    working_system.take_notes(tmp_path)
    return working_system


def while_working(*names: str, workers: int = 2) -> pytest.MarkDecorator:
    """As `in_profiles`, for `working`. `PROFILE threads`: one worker with threads instead of these with processes."""
    crews = {name: (name, workers, "prefork") for name in names}
    for name in names:
        if name.endswith(" threads"):
            crews[name] = (name.removesuffix(" threads"), 1, "threads")
    return pytest.mark.parametrize("working_system", crews.values(), ids=crews, indirect=True)


def in_profiles(*names: str) -> pytest.MarkDecorator:
    """Run the test in each of these profiles."""
    return pytest.mark.parametrize("place", names, indirect=True)
