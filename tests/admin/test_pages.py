"""The admin's pages of single rows: complete, bounded, escaped, and read only."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orchestration.models import Blob, Execution, ExecutionEvent, TaskAttempt, TaskRun, TickerLease, Worker
from orchestration.services.pipelines import register_pipeline
from tests.admin.asking import address_of, text_of
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from web.admin.display import LONGEST_VALUE


def test_every_kind_of_row_has_a_page(boss: Client, make_execution: MakeExecution) -> None:
    make_execution("failed", graph=flow.CHAIN, input_data={"x": "long" * 20_000})
    lease = {"holder": "w1", "expires_at": "2020-01-01T00:00:00Z", "ticked_at": "2020-01-01T00:00:00Z"}
    TickerLease.objects.create(**lease, duties={"prune": {"last_error": "no room"}})
    for model in (Execution, TaskRun, TaskAttempt, ExecutionEvent, Blob, Worker, TickerLease):
        row = model._default_manager.first()
        assert row is not None
        assert boss.get(address_of(row)).status_code == 200, model
    assert "prune" in text_of(boss.get(address_of(TickerLease.objects.get())))


def test_an_execution_shows_where_it_comes_from_and_why_it_failed(boss: Client, make_execution: MakeExecution) -> None:
    source = make_execution("failed")
    row = make_execution(
        "failed",
        graph=flow.CHAIN,
        options={"title": "Lease pack", "labels": {"customer": "kestrel"}},
        input_data={"document": "Port of Tallinn"},
    )
    Execution.objects.filter(pk=row.pk).update(rerun_of=source)
    page = boss.get(address_of(row))
    said = text_of(page)
    for expected in (
        "Lease pack",
        "flow v",
        "customer=kestrel",
        "it broke",
        "Port of Tallinn",
        "1 failed",
        str(source.pk),
    ):
        assert expected in said
    assert f'href="/executions/{row.pk}/"' in page.content.decode()


def test_without_an_error_nothing_is_said_of_one(boss: Client, make_execution: MakeExecution) -> None:
    fine, broken = (boss.get(address_of(make_execution(state))) for state in ("completed", "failed"))
    titles = [[part[0] for part in page.context["adminform"].fieldsets] for page in (fine, broken)]
    assert "Error" not in titles[0]
    assert "Error" in titles[1]


def test_the_first_task_runs_stand_below_an_execution(
    boss: Client, make_execution: MakeExecution, django_assert_max_num_queries: Any
) -> None:
    row = make_execution("pending", graph={f"t{number}": [] for number in range(60)})
    with django_assert_max_num_queries(8):
        page = boss.get(address_of(row))
    said = text_of(page)
    assert "t49 Queued" in said
    assert "t50 Queued" not in said
    assert "The first 50; the list has all." in said
    assert "All 60 task runs" in said


def test_a_page_takes_as_many_queries_for_many_task_runs_as_for_few(
    boss: Client, make_execution: MakeExecution
) -> None:
    few, many = make_execution(), make_execution(graph={f"t{number}": [] for number in range(40)})
    boss.get(address_of(few))
    assert count_queries(boss, few) == count_queries(boss, many)


def count_queries(client: Client, row: Execution) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address_of(row))
    return len(queries)


def test_attempts_stand_below_a_task_run(boss: Client) -> None:
    row = flow.start(each={"retry": {"max_attempts": 3}})
    who = flow.claimant()
    flow.fail(flow.take_task(row, "a", who), who, retryable=True)
    said = text_of(boss.get(address_of(flow.row(row))))
    assert "claim 1 Failed" in said
    assert "1 of 3 failed" in said


def test_a_running_task_run_names_its_worker(boss: Client, make_execution: MakeExecution) -> None:
    said = text_of(boss.get(address_of(flow.row(make_execution("running")))))
    assert "host:100 , process 101" in said


def test_a_long_value_is_cut_and_leads_to_all_of_it(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution(input_data={"text": "x" * 40_000})
    page = boss.get(address_of(row)).content.decode()
    assert "x" * 1000 in page
    assert "x" * (LONGEST_VALUE + 1) not in page
    assert f'href="/executions/{row.pk}/input.json"' in page


def test_a_value_kept_apart_is_not_fetched(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution(input_data={"text": "x" * 200_000})
    with CaptureQueriesContext(connection) as queries:
        page = boss.get(address_of(row))
    assert "200 kB, kept apart. All of it" in text_of(page)
    assert not any("orchestration_blob" in query["sql"] for query in queries)


def test_a_blob_shows_how_it_begins(boss: Client, make_execution: MakeExecution) -> None:
    make_execution(input_data={"text": "wörter " * 60_000})
    page = boss.get(address_of(Blob.objects.get())).content.decode()
    assert "wörter wörter" in page
    assert len(page) < 200_000


def test_what_users_write_is_escaped(boss: Client, make_execution: MakeExecution) -> None:
    evil = "<script>alert(1)</script>"
    row = make_execution("failed", options={"title": evil, "labels": {"k": evil}}, input_data={evil: evil}, name="flow")
    version = row.version
    TaskRun.objects.filter(execution=row).update(error={"code": evil, "message": evil}, model=evil)
    for shown in (row, flow.row(row), version):
        page = boss.get(address_of(shown)).content.decode()
        assert evil not in page


def test_a_definition_is_shown_as_json(boss: Client) -> None:
    version = register_pipeline(pipeline=flow.define(flow.CHAIN))
    page = boss.get(address_of(version)).content.decode()
    assert '<span class="j-k">&quot;tasks&quot;</span>' in page
    assert json.dumps("flow") not in page


def test_an_unknown_or_odd_key_leads_back_with_a_message(boss: Client) -> None:
    for key in ("odd", "00000000-0000-0000-0000-000000000000"):
        answer = boss.get(f"/admin/orchestration/execution/{key}/change/", follow=True)
        assert answer.status_code == 200
        assert "doesn’t exist" in text_of(answer)


@pytest.mark.parametrize("model", [Execution, TaskRun, Worker], ids=str)
def test_a_page_asks_for_the_permission_to_view(
    staff: Callable[..., Client], make_execution: MakeExecution, model: Any
) -> None:
    make_execution("running")
    row = model._default_manager.first()
    assert staff(name="nobody").get(address_of(row)).status_code == 403
    assert staff(f"view_{model._meta.model_name}", name="viewer").get(address_of(row)).status_code == 200
