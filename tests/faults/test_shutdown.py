"""SIGTERM in the middle of a task: finished within the grace period or handed back, and nothing is counted."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Place, System, in_profiles
from tests.processes import ManagedProcess, Processes

pytestmark = pytest.mark.one_database


class Relay(System):
    """Workers of which each takes over from the one before; the last one of a test is the first of the next."""

    current: tuple[str, ManagedProcess] | None = None
    """Its pool, and the worker."""

    def worker_with(self, pool: str) -> ManagedProcess:
        """The worker that was left, if it has this pool; else another."""
        left, worker = self.current or ("", None)
        return worker if worker and left == pool and worker.is_running else self.replace(pool)

    def replace(self, pool: str) -> ManagedProcess:
        """End what there is, and start a worker."""
        if self.current:
            self.current[1].kill_all()
        worker = self.worker(pool=pool)
        self.current = pool, worker
        return worker


@pytest.fixture(scope="module")
def relay(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    folder = tmp_path_factory.mktemp("relay")
    processes = Processes(folder)
    yield Relay(place, processes, folder)
    processes.close()


@pytest.fixture
def runners(relay: Relay, tmp_path: Path) -> Relay:
    """The relay, with notes of the test's own."""
    relay.take_notes(tmp_path)
    return relay


def assert_handed_on(system: Relay, pool: str, ending: signal.Signals, *, successor: str) -> None:
    first = system.worker_with(pool)
    execution = system.start([system.task_noting("sleep_once", seconds=600)])
    system.wait_for_note("start")
    first.send_signal(ending)
    first.wait()
    found = system.task(execution)
    assert (found["status"], found["failures"], found["crashes"]) == ("queued", 0, 0)
    assert system.attempts(execution) == ["handed_back"]
    system.replace(successor)
    ended = system.wait(execution)
    assert (ended["status"], ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == ("completed", 0, 0)


@in_profiles("sqlite", "postgresql-redis")
def test_a_task_of_a_stopping_worker_is_handed_back_and_counts_nothing(runners: Relay) -> None:
    assert_handed_on(runners, "prefork", signal.SIGTERM, successor="threads")


@in_profiles("sqlite")
def test_a_task_of_a_stopping_worker_with_threads_is_handed_back_too(runners: Relay) -> None:
    assert_handed_on(runners, "threads", signal.SIGTERM, successor="prefork")


@in_profiles("postgresql-redis")
def test_a_task_of_a_worker_told_to_quit_is_handed_back_and_counts_nothing(runners: Relay) -> None:
    assert_handed_on(runners, "prefork", signal.SIGQUIT, successor="prefork")


@in_profiles("sqlite")
def test_an_idle_worker_stops_at_once(runners: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runners.env, "SHUTDOWN_GRACE_SECONDS", "60")
    worker = runners.replace("prefork")
    stopping = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - stopping < 40, "it has not waited for its grace period"


@in_profiles("sqlite")
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_task_that_ends_within_the_grace_period_is_recorded_by_the_stopping_worker(
    runners: Relay, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runners.env, "SHUTDOWN_GRACE_SECONDS", "20")
    worker = runners.replace(pool)
    tasks = [runners.task_noting("sleep", seconds=1.5), {**runners.task_noting("echo", "b"), "dependencies": ["a"]}]
    execution = runners.start(tasks)
    runners.wait_for_note("start")
    worker.popen.terminate()
    worker.wait()
    assert (runners.task(execution, "a")["status"], runners.task(execution, "b")["status"]) == ("completed", "queued")
    assert runners.attempts(execution) == ["completed"]
