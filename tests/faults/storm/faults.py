"""What may happen in a storm: one table, each fault a short function on the running system.

A fault returns what it interrupted, so that the time until that runs again can be told; see `Interrupted`.
"""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.processes import ManagedProcess
from tests.reaper import signal_group

if TYPE_CHECKING:
    from tests.faults.storm.run import Storm


@dataclass(frozen=True)
class Interrupted:
    """Since when; the (task run, token) whose process was ended, or None for a service that is back since then."""

    since: float
    rows: list[list[int]] | None = None


Act = Callable[["Storm"], Interrupted | None]


@dataclass(frozen=True)
class Fault:
    """`needs`: the services a profile must have."""

    act: Act
    weight: int
    needs: frozenset[str] = frozenset()


FAULTS: dict[str, Fault] = {}


def fault(weight: int, *needs: str) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        FAULTS[act.__name__] = Fault(act, weight, frozenset(needs))
        return act

    return register


def faults_for(services: Mapping[str, object]) -> dict[str, Fault]:
    return {name: one for name, one in FAULTS.items() if one.needs <= services.keys()}


# Processes ------------------------------------------------------------------------------------------------------------


def interrupt(storm: "Storm", worker: ManagedProcess, act: Callable[[], object]) -> Interrupted:
    rows, since = storm.ask("held", pid=worker.pid), time.time()
    act()
    return Interrupted(since, rows)


@fault(8)
def kill_child(storm: "Storm") -> Interrupted | None:
    """`kill -9` of a worker's child that is at work."""
    worker = storm.busy_worker()
    child = storm.ask("busy_child", pid=worker.pid)
    if child is None:
        return None
    rows, since = storm.ask("held", pid=worker.pid, child=child), time.time()
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return Interrupted(since, rows)


@fault(4)
def kill_worker(storm: "Storm") -> Interrupted:
    """`kill -9` of a worker with its children: as a machine that is lost."""
    worker = storm.busy_worker()
    return interrupt(storm, worker, worker.kill_all)


@fault(3)
def kill_leader(storm: "Storm") -> Interrupted | None:
    """`kill -9` of the worker whose ticker leads."""
    pid = storm.ask("leader")
    for worker in storm.running_workers():
        if worker.pid == pid:
            return interrupt(storm, worker, worker.kill_all)
    return None


@fault(3)
def kill_main(storm: "Storm") -> None:
    """`kill -9` of a worker's main process only: its children live on for a while, and report late or never."""
    storm.busy_worker().kill()
    storm.rest(0, 2)


@fault(4)
def term_worker(storm: "Storm") -> Interrupted:
    worker = storm.busy_worker()
    return interrupt(storm, worker, lambda: worker.send_signal(signal.SIGTERM))


@fault(3)
def quit_worker(storm: "Storm") -> Interrupted:
    worker = storm.busy_worker()
    return interrupt(storm, worker, lambda: worker.send_signal(signal.SIGQUIT))


@fault(3)
def suspend_worker(storm: "Storm") -> None:
    """A whole worker sleeps past its lease; woken, it reports what others have done meanwhile."""
    worker = storm.busy_worker()
    signal_group(worker.pid, signal.SIGSTOP)
    storm.rest(storm.lease + 2, storm.lease + 5)
    signal_group(worker.pid, signal.SIGCONT)


@fault(2)
def suspend_main(storm: "Storm") -> None:
    """Only the main process sleeps: nobody renews the leases of children that go on working."""
    worker = storm.busy_worker()
    worker.send_signal(signal.SIGSTOP)
    storm.rest(storm.lease + 2, storm.lease + 4)
    worker.send_signal(signal.SIGCONT)


@fault(2)
def kill_submitter(storm: "Storm") -> None:
    """`kill -9` of the program that submits and reviews; its successor repeats what was not acknowledged."""
    storm.restart_load()


@fault(3)
def expire_leader(storm: "Storm") -> None:
    """Two tickers lead for a while: the leader's lease runs out by hand, and it does not know."""
    storm.ask("expire_leader")


@fault(2)
def new_version(storm: "Storm") -> None:
    """Every pipeline gets a new version while executions of the old ones are live."""
    storm.revision += 1
    storm.ask("register", revision=storm.revision)


# PostgreSQL -----------------------------------------------------------------------------------------------------------


@fault(2, "postgresql")
def restart_postgresql(storm: "Storm") -> Interrupted:
    storm.services["postgresql"].stop()
    storm.rest(0, 3)
    storm.services["postgresql"].start()
    return Interrupted(time.time())


@fault(2, "postgresql")
def crash_postgresql(storm: "Storm") -> Interrupted:
    """Immediate shutdown: sessions are cut in the middle of a statement, and recovery runs at the start."""
    storm.services["postgresql"].kill()
    storm.rest(0, 2)
    storm.services["postgresql"].start()
    return Interrupted(time.time())


@fault(1, "postgresql")
def pause_postgresql(storm: "Storm") -> Interrupted:
    return _pause(storm, "postgresql")


# Redis ----------------------------------------------------------------------------------------------------------------


@fault(3, "redis")
def flush_redis(storm: "Storm") -> Interrupted:
    """Every message there is, is lost."""
    storm.flush_redis()
    return Interrupted(time.time())


@fault(2, "redis")
def restart_redis(storm: "Storm") -> Interrupted:
    storm.services["redis"].restart()
    return Interrupted(time.time())


@fault(1, "redis")
def redis_away(storm: "Storm") -> Interrupted:
    """The broker is down while submissions go on."""
    storm.services["redis"].kill()
    storm.rest(5, 20)
    storm.services["redis"].start()
    return Interrupted(time.time())


@fault(2, "redis")
def pause_redis(storm: "Storm") -> Interrupted:
    return _pause(storm, "redis")


def _pause(storm: "Storm", name: str) -> Interrupted:
    """Connections stay open and nothing answers, as behind a dead network."""
    storm.services[name].pause()
    storm.rest(2, 8)
    storm.services[name].resume()
    return Interrupted(time.time())


# SQLite ---------------------------------------------------------------------------------------------------------------


@fault(3, "sqlite")
def hold_write_lock(storm: "Storm") -> Interrupted:
    """Another program keeps the database locked; now and then for longer than SQLite's own patience of 20 s."""
    connection = sqlite3.connect(storm.env["DATA_DIR"] + "/orchestration.sqlite3", timeout=20, isolation_level=None)
    with suppress(sqlite3.OperationalError):  # nobody lets us in: then the others are busy, which is as good
        connection.execute("BEGIN IMMEDIATE")
        storm.rest(*storm.rng.choice([(1, 5), (1, 5), (1, 5), (21, 23)]))
        connection.execute("ROLLBACK")
    connection.close()
    return Interrupted(time.time())
