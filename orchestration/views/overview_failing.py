"""What failed, for the overview: a row for each pipeline that failed more than usual, and one for each cause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from orchestration.models import Execution
from orchestration.selectors.overview_failures import Cause, FailingPipeline, main_causes
from orchestration.selectors.overview_snapshot import CAUSES, Snapshot
from orchestration.selectors.recent_runs import RecentRun
from orchestration.states import ExecutionStatus
from orchestration.views.overview_parts import failures_of, percent
from web.charts.states import word
from web.charts.strips import StripBar
from web.quantities import duration

LONGEST_MESSAGE, LONGEST_TITLE = 160, 1_000


@dataclass(frozen=True, slots=True)
class FailingRow:
    row: FailingPipeline
    share: str
    usual: str
    bars: list[StripBar]
    href: str
    cause: Cause | None
    message: str
    """Of the newest execution that failed of the main cause."""

    @property
    def short_message(self) -> str:
        """For the table, cut after a word; its title has the whole."""
        if len(self.message) <= LONGEST_MESSAGE:
            return self.message
        kept = self.message[:LONGEST_MESSAGE]
        return f"{kept.rpartition(' ')[0] or kept}…"


@dataclass(frozen=True, slots=True)
class CauseRow:
    cause: Cause
    message: str
    ended_at: datetime | None


def failing_rows(found: Snapshot, chosen: str) -> list[FailingRow]:
    causes = main_causes(found.causes)
    rows = []
    for row in found.failing:
        cause = causes.get(row.pipeline_id)
        rows.append(
            FailingRow(
                row=row,
                share=percent(row.share),
                usual="–" if row.usual_share is None else percent(row.usual_share),
                bars=_bars(found.runs.get(row.pipeline_id, ())),
                href=failures_of(row.pipeline_id, chosen),
                cause=cause,
                message=_message(found.errors.get(cause.last)) if cause else "",
            )
        )
    return rows


def _bars(newest_first: Iterable[RecentRun]) -> list[StripBar]:
    """Failures stand out by their height too."""
    return [
        StripBar(
            status=run.status,
            title=f"{word(run.status).capitalize()}, {duration(run.seconds)}",
            href=_execution(run.id),
            share=0.7 if run.status == ExecutionStatus.COMPLETED else 1.0,
        )
        for run in reversed(list(newest_first))
    ]


def _execution(execution_id: UUID) -> str:
    return reverse("execution", kwargs={"execution_id": execution_id})


def cause_rows(found: Snapshot) -> list[CauseRow]:
    rows = []
    for cause in found.causes[:CAUSES]:
        last = found.errors.get(cause.last)
        rows.append(CauseRow(cause, _message(last), last.finished_at if last else None))
    return rows


def _message(execution: Execution | None) -> str:
    error = execution.error if execution is not None else None
    return str((error or {}).get("message", ""))[:LONGEST_TITLE]
