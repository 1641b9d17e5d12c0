"""Clocks that jump: Debian's libfaketime, loaded into a worker, moves the clock it sees while a task runs."""

import time
from pathlib import Path

import pytest

from tests.faults.conftest import System, in_profiles
from tests.plugin import NOT_RUN

pytestmark = pytest.mark.one_database

HOUR = 3600
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR])


class Clock:
    """The offset that a worker's clock has; its monotonic clock is left alone, as by a real jump."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.jump(0)
        self.env = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TASK_HANDLER_MODULES": "tests.sample_handlers,tests.faults.selecting_sleep",
        }

    def jump(self, seconds: int) -> None:
        self._file.write_text(f"{seconds:+d}\n")


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip(NOT_RUN + "FAKETIME: no libfaketime; on Debian and Ubuntu: apt install faketime")
    return Clock(found[0], tmp_path / "clock")


def start_and_jump(system: System, clock: Clock, jump: int) -> str:
    """An execution whose first task was running when the clock jumped."""
    system.env |= clock.env
    system.worker()
    late = {"name": "b", "type": "clock", "dependencies": ["a"]}
    execution = system.start([system.task_noting("sleep", seconds=3), late])
    system.wait_for_note("start")
    clock.jump(jump)
    return execution


@JUMPS
@in_profiles("postgresql-redis")
def test_a_worker_whose_clock_jumps_goes_on_as_if_nothing_had_happened(system: System, clock: Clock, jump: int) -> None:
    execution = start_and_jump(system, clock, jump)
    ended = system.wait(execution)
    assert ended["status"] == "completed"
    assert abs(ended["output"]["b"]["time"] - time.time() - jump) < HOUR / 2, "the clock did jump"
    assert {(task["failures"], task["crashes"]) for task in ended["tasks"].values()} == {(0, 0)}
    assert system.attempts(execution) == ["completed", "completed"]


@JUMPS
@in_profiles("sqlite")
def test_where_the_clock_that_jumps_is_the_databases_a_task_may_be_tried_again_and_nothing_more(
    system: System, clock: Clock, jump: int
) -> None:
    execution = start_and_jump(system, clock, jump)
    ended = system.wait(execution)
    assert ended["status"] == "completed"
    assert abs(ended["output"]["b"]["time"] - time.time() - jump) < HOUR / 2, "the clock did jump"
    assert system.attempts(execution).count("completed") == 2
