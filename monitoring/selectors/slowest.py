"""Single executions that took longest, from the rows themselves."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DurationField, ExpressionWrapper, F

from orchestration.models import Execution


@dataclass(frozen=True, slots=True)
class SlowExecution:
    execution: Execution
    seconds: float


def slowest_executions(start: datetime, end: datetime, pipeline: str, most: int) -> list[SlowExecution]:
    """Of those that ended in the time, whatever came of them; the index `execution_ended` bounds what is looked at."""
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    rows = Execution.objects.filter(finished_at__gte=start, finished_at__lt=end, started_at__isnull=False)
    if pipeline:
        rows = rows.filter(pipeline_id=pipeline)
    keys = [pk for pk, _ in rows.annotate(took=took).order_by("-took").values_list("pk", "took")[:most]]
    columns = ("pk", "pipeline_id", "title", "status", "started_at", "finished_at")
    found = Execution.objects.only(*columns).in_bulk(keys)
    return [SlowExecution(found[key], _seconds(found[key])) for key in keys if key in found]


def _seconds(row: Execution) -> float:
    return (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else 0.0
