"""The executions that a list shows as a CSV file (RFC 4180), sent while it is read."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from common.clock import database_now
from orchestration.forms.executions import ExecutionFilterForm
from orchestration.models import Execution
from orchestration.selectors.execution_filters import filter_executions
from orchestration.selectors.execution_list import walk
from orchestration.selectors.execution_rows import NOTHING, spent_by_execution
from orchestration.selectors.spending import Spent
from web.access import page

MOST_ROWS = 10_000
COLUMNS = (
    *("id", "title", "pipeline", "version", "state", "started_from", "started_by", "submitted_at", "started_at"),
    *("ended_at", "seconds", "tasks", "open_tasks", "failed_tasks", "tokens", "cost_usd", "error_code"),
    *("error_message", "error_task", "labels", "rerun_of"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@page("orchestration.view_execution")
def executions_csv(request: HttpRequest) -> HttpResponse:
    """A download; beyond `MOST_ROWS` a last line says how to get the others."""
    now = database_now()
    form = ExecutionFilterForm(request.GET, request.user.get_username())
    found = filter_executions(form.filters(now), now)
    answer = StreamingHttpResponse(_lines(walk(found, MOST_ROWS + 1)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="executions-{now:%Y%m%d-%H%M%S}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # a response all the same, of a sibling class


class _Echo:
    """What `csv.writer` writes to: the line is what `writerow` returns."""

    def write(self, line: str) -> str:
        return line


def _lines(chunks: Iterator[list[Execution]]) -> Iterator[str]:
    writer, sent = csv.writer(_Echo()), 0
    yield writer.writerow(COLUMNS)
    for rows in chunks:
        spent = spent_by_execution(row.pk for row in rows)
        for row in rows[: MOST_ROWS - sent]:
            yield writer.writerow([_cell(value) for value in _values(row, spent.get(row.pk, NOTHING))])
        sent += len(rows)
    if sent > MOST_ROWS:
        yield writer.writerow([f"# The first {MOST_ROWS} executions; narrow the filters down to get the others."])


def _values(row: Execution, spent: Spent) -> list[Any]:
    error = row.error or {}
    seconds = (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else None
    cost = None if spent.unpriced or spent.micro_usd is None else f"{spent.micro_usd / 1_000_000:.6f}"
    return [
        *(row.pk, row.title, row.pipeline_id, row.version.number, row.status, row.trigger, row.started_by),
        *(row.created_at, row.started_at, row.finished_at, seconds),
        *(row.version.task_count, row.open_task_runs, row.failed_task_runs, spent.tokens or None, cost),
        *(error.get("code"), error.get("message"), error.get("task")),
        *(json.dumps(row.labels, ensure_ascii=False) if row.labels else None, row.rerun_of_id),
    ]


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV injection)."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
