"""The attempts of an execution, and the last ones of one task run with their errors."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max, Min, QuerySet, Subquery

from orchestration.models import TaskAttempt, TaskRun


@dataclass(frozen=True, slots=True)
class LastAttempts:
    """`rows` are the last of `total` ended attempts, in order."""

    rows: tuple[TaskAttempt, ...] = ()
    total: int = 0

    @property
    def numbered(self) -> Iterator[tuple[int, TaskAttempt]]:
        """Each with its number, from 1 for the first attempt there was."""
        return enumerate(self.rows, self.total - len(self.rows) + 1)


def attempts_of(execution_id: UUID) -> QuerySet[TaskAttempt]:
    """All ended attempts of an execution.

    Its task runs were written together, so their ids lie close to each other. Without that range PostgreSQL reads the
    whole table of attempts for an execution of a thousand tasks.
    """
    ids = TaskRun.objects.filter(execution_id=execution_id).order_by().values("execution_id")
    first = Subquery(ids.annotate(first=Min("pk")).values("first"))
    last = Subquery(ids.annotate(last=Max("pk")).values("last"))
    rows = TaskAttempt.objects.filter(task_run__execution_id=execution_id)
    return rows.filter(task_run_id__gte=first, task_run_id__lte=last)


def last_attempts(task_run: TaskRun, limit: int) -> LastAttempts:
    rows = tuple(reversed(task_run.attempts.order_by("-token")[:limit]))
    return LastAttempts(rows, task_run.attempts.count() if len(rows) == limit else len(rows))
