"""The list as a CSV file: the same rows, all of them, and nothing that a spreadsheet would run."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from orchestration.models import Execution, TaskAttempt
from orchestration.selectors.execution_list import walk
from orchestration.views import executions_csv
from tests.engine import flow
from tests.pages.conftest import MakeExecution

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def download(client: Client, **query: str) -> list[dict[str, str]]:
    response: Any = client.get("/executions.csv", query_params=query)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="executions-')
    return list(csv.DictReader(io.StringIO(b"".join(response).decode(), newline="")))


def test_a_row_tells_all_about_an_execution(make_execution: MakeExecution, reader: Client) -> None:
    failed = make_execution("failed", graph=flow.CHAIN, options={"title": "One, two", "labels": {"team": "ärzte"}})
    usage = {"requests": 1, "input_tokens": 7, "output_tokens": 3, "cost_microusd": 1500}
    TaskAttempt.objects.update(usage=usage)
    (row,) = download(reader)
    told = {name: row[name] for name in ("id", "title", "state", "tasks", "failed_tasks", "error_code", "error_task")}
    assert list(told.values()) == [str(failed.pk), "One, two", "failed", "3", "1", "broken", "a"]
    assert (row["tokens"], row["cost_usd"], row["labels"]) == ("10", "0.001500", '{"team": "ärzte"}')
    assert failed.finished_at is not None
    assert row["ended_at"] == failed.finished_at.isoformat(timespec="milliseconds")


def test_it_has_the_rows_that_the_list_has(make_execution: MakeExecution, reader: Client) -> None:
    failed, _ = make_execution("failed"), make_execution("completed")
    assert [row["id"] for row in download(reader, state="failed")] == [str(failed.pk)]


def test_it_has_every_row_across_chunks(
    make_execution: MakeExecution, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {str(make_execution("queued").pk) for _ in range(7)}
    monkeypatch.setattr(executions_csv, "walk", lambda found, most: walk(found, most, size=3))
    rows = [row["id"] for row in download(reader)]
    assert len(rows) == 7
    assert set(rows) == made


@pytest.mark.parametrize(("most", "is_capped"), [(4, True), (5, False)])
def test_beyond_the_limit_the_last_line_says_so(
    most: int, is_capped: bool, make_execution: MakeExecution, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        make_execution("queued")
    monkeypatch.setattr(executions_csv, "MOST_ROWS", most)
    rows = [row["id"] for row in download(reader)]
    assert len([row for row in rows if not row.startswith("#")]) == min(most, 5)
    assert rows[-1].startswith(f"# The first {most} executions") == is_capped


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(title: str, make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution()
    Execution.objects.filter(pk=execution.pk).update(title=title)
    (row,) = download(reader)
    assert row["title"] == f"'{title}"


def test_it_needs_the_permission_to_read(stranger: Client) -> None:
    assert stranger.get("/executions.csv").status_code == 403
