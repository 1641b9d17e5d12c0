"""Everything that the overview shows, read at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from orchestration.models import Execution
from orchestration.selectors import overview, overview_failures
from orchestration.selectors.execution_filters import ATTENTION_DAYS
from orchestration.selectors.execution_rows import ListedExecution, describe_executions
from orchestration.selectors.listing import list_executions
from orchestration.selectors.overview import Ended, Live, Period, Queue, Times
from orchestration.selectors.overview_failures import Cause, FailingPipeline
from orchestration.selectors.recent_runs import RecentRun, recent_runs
from orchestration.states import ExecutionStatus

FAILING, CAUSES, WAITING, STRIP = 5, 5, 6, 24
STANDING = (ExecutionStatus.PENDING, ExecutionStatus.WAITING, ExecutionStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`before` is the time of the same length before the period. The lists are short: what is worst or newest."""

    period: Period
    ended: Ended
    before: Ended
    steps: Mapping[int, Ended]
    times: Times
    times_by_step: Mapping[int, Times]
    live: Live
    queue: Queue
    unanswered: int
    """Failures of the last days that nobody ran again."""
    failing: Sequence[FailingPipeline]
    runs: Mapping[str, Sequence[RecentRun]]
    causes: Sequence[Cause]
    errors: Mapping[UUID, Execution]
    """The newest execution of each cause, and of each failing pipeline's main one."""
    recent: Sequence[ListedExecution]
    waiting: Sequence[ListedExecution]
    """What has not ended and does not run, the oldest first."""


def read_snapshot(period: Period, recent: Sequence[Execution]) -> Snapshot:
    """`recent` has been read already, to know whether there is anything at all."""
    steps = overview.count_ended_by_step(period)
    times, times_by_step = overview.measure_times(period)
    failing = overview_failures.failing_pipelines(period.start, FAILING)
    causes = overview_failures.find_causes(period.start)
    named = [*overview_failures.main_causes(causes).values(), *causes[:CAUSES]] if failing else []
    waiting = list(list_executions().filter(finished_at=None, status__in=STANDING).order_by("created_at")[:WAITING])
    lines = describe_executions([*recent, *waiting], period.now, in_full=False)
    return Snapshot(
        period=period,
        ended=overview.total(steps),
        before=overview.count_ended(period.start - period.length, period.start),
        steps=steps,
        times=times,
        times_by_step=times_by_step,
        live=overview.count_live(),
        queue=overview.read_queue(),
        unanswered=overview_failures.count_unanswered(period.now - timedelta(days=ATTENTION_DAYS)),
        failing=failing,
        runs=recent_runs([row.pipeline_id for row in failing], STRIP),
        causes=causes,
        errors=overview_failures.read_errors(cause.last for cause in named),
        recent=lines[: len(recent)],
        waiting=lines[len(recent) :],
    )
