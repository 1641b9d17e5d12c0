"""What an execution's attempts used: tokens, and what they cost as far as that is known.

Added up by the database. `usage` holds whatever a handler noted, so only numbers are counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, Func, Q, Sum

from orchestration.models import TaskAttempt
from orchestration.selectors.attempts import attempts_of


@dataclass(frozen=True, slots=True)
class Spent:
    """Totals of some attempts. `micro_usd` covers the priced ones; it is None when none has a price."""

    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int | None = None
    unpriced: int = 0
    """Attempts that asked a model over a network and have no known price."""

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def is_anything(self) -> bool:
        """Whether a model was asked that counts tokens or costs money."""
        return bool(self.tokens or self.unpriced or self.micro_usd is not None)


class Number(Func):
    """The number under a key of a JSON object; NULL for anything else."""

    output_field = DecimalField(max_digits=30, decimal_places=6)

    def __init__(self, column: str, key: str) -> None:
        super().__init__(column)
        self.key = key

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        asked = f"json_type(%(expressions)s, '$.{self.key}') IN ('integer', 'real')"
        template = f"CASE WHEN {asked} THEN json_extract(%(expressions)s, '$.{self.key}') END"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        asked = f"jsonb_typeof(%(expressions)s -> '{self.key}') = 'number'"
        template = f"CASE WHEN {asked} THEN (%(expressions)s ->> '{self.key}')::numeric END"
        return super().as_sql(compiler, connection, template=template, **context)


def spent_in(execution_id: UUID) -> Spent:
    """By all attempts of an execution, those that failed included."""
    return _spent(attempts_of(execution_id).aggregate(**_SUMS))


def spent_by_task(task_run_ids: Iterable[int]) -> dict[int, Spent]:
    """Task run → what all its attempts used."""
    rows = TaskAttempt.objects.filter(task_run_id__in=list(task_run_ids)).order_by().values("task_run_id")
    return {row["task_run_id"]: _spent(dict(row)) for row in rows.annotate(**_SUMS)}


_COST = Number("usage", "cost_microusd")
_SUMS: dict[str, Any] = {
    "taken": Sum(Number("usage", "input_tokens")),
    "given": Sum(Number("usage", "output_tokens")),
    "cost": Sum(_COST),
    "unpriced": Count("pk", filter=Q(usage__has_key="requests") & ~Q(usage__has_key="cost_microusd")),
}


def _spent(row: dict[str, Any]) -> Spent:
    cost = None if row["cost"] is None else int(row["cost"])
    return Spent(int(row["taken"] or 0), int(row["given"] or 0), cost, row["unpriced"])
