"""The workloads: shapes, how many runs, what is timed, and what each task must have returned. Pure."""

from dataclasses import dataclass, replace
from typing import Self

from benchmarks.work import Output, step


@dataclass(frozen=True, slots=True)
class Workload:
    """`stages` are numbers of parallel tasks; each task depends on every task of the stage before."""

    name: str
    title: str
    stages: tuple[int, ...]
    runs: int = 1
    """Submitted one after the other without waiting, then all waited for."""
    repeats: int = 1
    """Done one after the other; their median is the figure."""
    cpu_seconds: float = 0.0
    times_submission_only: bool = False

    @property
    def expected(self) -> list[Output]:
        """What each task of each stage returns."""
        outputs: list[Output] = []
        for width_before in (0, *self.stages[:-1]):
            outputs.append(step(outputs[-1:] * width_before))
        return outputs

    def shrunk(self) -> Self:
        """The same in a second, to try the machinery."""
        stages = tuple(min(width, 3) for width in self.stages[:5])
        return replace(
            self, stages=stages, runs=min(self.runs, 3), repeats=min(self.repeats, 3), cpu_seconds=self.cpu_seconds / 10
        )


WARM_UP = Workload("warm-up", "a chain of three", stages=(1, 1, 1))

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", "a chain of 40 tasks", stages=(1,) * 40),
        Workload("W2", "1 → 100 → 1 tasks", stages=(1, 100, 1)),
        Workload("W3", "200 runs of a 5-task diamond at once", stages=(1, 3, 1), runs=200),
        Workload("W4", "ten 100 ms CPU tasks in parallel", stages=(10,), cpu_seconds=0.1),
        Workload("W5", "one task, submitted to observed done", stages=(1,), repeats=50),
        Workload("W6a", "submitting 1 → 998 → 1 tasks", stages=(1, 998, 1), times_submission_only=True),
        Workload("W6b", "2,000 independent tasks in one run", stages=(2000,)),
    )
}
