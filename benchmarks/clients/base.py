"""What a client of an engine does, and how a workload is timed: the same for every engine."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from statistics import median
from time import perf_counter
from typing import Generic, TypeVar

from benchmarks.work import Output
from benchmarks.workloads import WARM_UP, Workload

# Whoever has to poll for the end of a run polls this often.
POLL_SECONDS = 0.002
# One run that takes longer is taken for lost.
LIMIT_SECONDS = 120.0

Run = TypeVar("Run")


class WrongResult(Exception):
    """A run that was reported as done is not, or a task of it returned something else than it should."""


class Client(ABC, Generic[Run]):
    """Lives in a process of its own, whose environment says which servers to use."""

    @abstractmethod
    def submit(self, workload: Workload) -> Run:
        """Start one run, durable as far as the engine is."""

    @abstractmethod
    def wait(self, run: Run) -> None:
        """Return as soon as the run has been seen to be done. Raises `TimeoutError`."""

    @abstractmethod
    def look_up(self, run: Run) -> Iterable[Output]:
        """What every task of a run returned, in any order, as the engine remembers it."""

    def prepare(self, workloads: Sequence[Workload]) -> None:
        """Make everything known that has to be, and see one run through."""
        self.register([WARM_UP, *workloads])
        self.measure(WARM_UP)

    def register(self, workloads: Sequence[Workload]) -> None:
        """Engines that keep definitions register them here."""

    def measure(self, workload: Workload) -> float:
        """Seconds; the median where a workload is repeated. Raises `WrongResult`."""
        return median(self._measure_once(workload) for _ in range(workload.repeats))

    def _measure_once(self, workload: Workload) -> float:
        began = perf_counter()
        runs = [self.submit(workload) for _ in range(workload.runs)]
        submitted = perf_counter()
        for run in runs:
            self.wait(run)
        done = perf_counter()
        for run in runs:
            check(workload, self.look_up(run))
        return (submitted if workload.times_submission_only else done) - began


def check(workload: Workload, outputs: Iterable[Output]) -> None:
    """Raises `WrongResult` unless each task of the run returned once what it should."""
    stages = zip(workload.stages, workload.expected, strict=True)
    expected = sorted(output["count"] for width, output in stages for _ in range(width))
    found = sorted(output["count"] for output in outputs)
    if found != expected:
        raise WrongResult(f"{workload.name}: the tasks returned {found[-5:]}…, expected {expected[-5:]}…")
