"""The last ended runs of several pipelines at once, in one query: for run strips and medians."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connection

from orchestration.states import ExecutionStatus

MEDIAN_OF = 50
"""A median is taken over what completed among so many last runs."""
_MOST_PIPELINES = 400  # SQLite joins at most 500 SELECTs

_SECONDS = {
    "postgresql": "EXTRACT(EPOCH FROM (finished_at - started_at))::double precision",
    "sqlite": "(julianday(finished_at) - julianday(started_at)) * 86400.0",
}
# One SELECT for each pipeline: each reads `limit` rows of the index on pipeline and time, however many there are.
_LAST_RUNS = """
SELECT * FROM (
    SELECT pipeline_id, id, status, finished_at, {seconds} FROM orchestration_execution
    WHERE pipeline_id = %s AND finished_at IS NOT NULL ORDER BY created_at DESC LIMIT %s
) AS last_runs
"""


@dataclass(frozen=True, slots=True)
class RecentRun:
    """One ended run; `seconds` from its start to its end, None when it never started."""

    id: UUID
    status: str
    ended_at: datetime
    seconds: float | None


def recent_runs(pipeline_ids: Iterable[str], limit: int) -> dict[str, list[RecentRun]]:
    """Pipeline → its last ended runs, newest first. A pipeline without any is left out."""
    asked = sorted(set(pipeline_ids))[:_MOST_PIPELINES]
    found: dict[str, list[RecentRun]] = {}
    for pipeline_id, *run in _fetch(asked, limit):
        found.setdefault(pipeline_id, []).append(_run(*run))
    return found


def median_seconds(pipeline_ids: Iterable[str]) -> dict[str, float]:
    """Pipeline → the median time of its last completed runs; those without any are left out."""
    medians = {}
    for pipeline_id, runs in recent_runs(pipeline_ids, MEDIAN_OF).items():
        completed = [run.seconds for run in runs if run.status == ExecutionStatus.COMPLETED and run.seconds is not None]
        if completed:
            medians[pipeline_id] = median(completed)
    return medians


def _fetch(pipeline_ids: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
    if not pipeline_ids:
        return []
    one = _LAST_RUNS.format(seconds=_SECONDS[connection.vendor])
    with connection.cursor() as cursor:
        parameters = [value for pipeline_id in pipeline_ids for value in (pipeline_id, limit)]
        cursor.execute(" UNION ALL ".join([one] * len(pipeline_ids)), parameters)
        return list(cursor.fetchall())


def _run(run_id: Any, status: str, ended_at: Any, seconds: float | None) -> RecentRun:
    """SQLite keeps ids and times as text."""
    if isinstance(ended_at, str):
        ended_at = datetime.fromisoformat(f"{ended_at}+00:00")
    return RecentRun(run_id if isinstance(run_id, UUID) else UUID(run_id), status, ended_at, seconds)
