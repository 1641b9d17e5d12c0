"""The two charts of the overview: what ended over time, and how long it took."""

from orchestration.selectors.overview import Ended, Times
from orchestration.selectors.overview_snapshot import Snapshot
from orchestration.states import ExecutionStatus
from web.charts.series import Bucket, Columns, Lines, Point, Series

UNIT_OF_STEP = {"1h": "minute", "24h": "half hour", "7d": "four hours", "30d": "day"}


def ended_columns(found: Snapshot, chosen: str) -> Columns:
    """Timed out counts as failed; what was cancelled has a colour only where there is any."""
    series = [Series("completed", "Completed", "ok"), Series("failed", "Failed", "bad")]
    if found.ended.counts.get(ExecutionStatus.CANCELLED):
        series.append(Series("cancelled", "Cancelled", "idle"))
    return Columns(
        title=f"Executions ended per {UNIT_OF_STEP[chosen]}",
        buckets=tuple(
            Bucket(start, _heights(found.steps.get(place, Ended({})))) for place, start in enumerate(found.period.steps)
        ),
        series=tuple(series),
        step_seconds=found.period.step.total_seconds(),
        now=found.period.now,
    )


def _heights(ended: Ended) -> dict[str, int]:
    cancelled = ended.counts.get(ExecutionStatus.CANCELLED, 0)
    return {"completed": ended.completed, "failed": ended.failed, "cancelled": cancelled}


def time_lines(found: Snapshot) -> Lines:
    """A step in which nothing completed leaves a hole."""
    return Lines(
        title="Time that completed executions took",
        points=tuple(
            Point(start, _times(found.times_by_step.get(place, Times())))
            for place, start in enumerate(found.period.steps)
        ),
        series=(Series("p50", "p50", "accent"), Series("p95", "p95", "wait")),
    )


def _times(times: Times) -> dict[str, float | None]:
    return {"p50": times.p50, "p95": times.p95}
