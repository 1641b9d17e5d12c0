"""The admin's lists: what they show, how they are searched and filtered, and what they cost."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

import config.urls  # noqa: F401  # registers the admin's pages
from orchestration.models import (
    Blob,
    CacheChange,
    CacheCount,
    CacheEntry,
    CacheTag,
    Execution,
    ExecutionEvent,
    PipelineVersion,
    RegisteredPipeline,
    TaskAttempt,
    TaskRun,
    TickerLease,
    Worker,
)
from orchestration.services.executions import cancel_execution
from orchestration.services.pipelines import register_pipeline
from orchestration.services.tokens import create_token
from tests.admin.asking import address_of, address_of_list, listed, text_of
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from web.admin import lists

CACHE = (CacheChange, CacheCount, CacheEntry, CacheTag)  # in test_cache
ENGINE = (
    Blob,
    Execution,
    ExecutionEvent,
    PipelineVersion,
    RegisteredPipeline,
    TaskAttempt,
    TaskRun,
    TickerLease,
    Worker,
)
STATES = ("pending", "running", "waiting", "paused", "completed", "failed", "cancelled", "timed_out")


def test_every_model_of_the_engine_has_a_page() -> None:
    ours = {model for model in admin.site._registry if model._meta.app_label == "orchestration"}
    assert ours == {*ENGINE, *CACHE}


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str), ids=str)
def test_every_list_opens_when_it_is_empty_and_takes_a_word_with_a_choice_of_each_of_its_filters(
    boss: Client, model: type[Model]
) -> None:
    address = address_of_list(model)
    empty = boss.get(address)
    assert empty.status_code == 200
    offered = (unescape(query) for query in re.findall(r'href="\?([^"]+)"', empty.content.decode()))
    one_of_each = {query.partition("=")[0]: query for query in offered}
    query = "&".join(["q=high", *one_of_each.values()])
    assert boss.get(f"{address}?{query}").status_code == 200, query


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str), ids=str)
def test_every_table_has_a_plural_that_people_write(model: type[Model]) -> None:
    plural = str(model._meta.verbose_name_plural)
    assert not re.search(r"[^aeiou]ys$|(s|x|ch|sh)s$", plural), plural


def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(boss: Client, make_execution: MakeExecution) -> None:
    models = (*ENGINE, User, Group, AuthToken)
    make_rows(make_execution, 1)
    boss.get(address_of_list(Execution))
    few = {model: count_queries(boss, model) for model in models}
    make_rows(make_execution, 3)
    assert {model: count_queries(boss, model) for model in models} == few
    assert {model: number for model, number in few.items() if not 0 < number <= 9} == {}


def make_rows(make_execution: MakeExecution, number: int) -> None:
    for _ in range(number):
        name = uuid4().hex[:8]
        make_execution("failed", graph=flow.CHAIN, input_data={"x": "long" * 20_000}, name=f"flow-{name}")
        user = User.objects.create_user(f"user-{name}")
        create_token(user=user, days=1)
        Group.objects.create(name=name)
        flow.claimant(f"w-{name}")


def count_queries(client: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address_of_list(model))
    return len(queries)


@pytest.mark.parametrize("model", [Execution, TaskRun, TaskAttempt, ExecutionEvent, PipelineVersion, Blob], ids=str)
def test_a_list_reads_no_large_column(boss: Client, make_execution: MakeExecution, model: type[Model]) -> None:
    make_execution("failed", input_data={"x": "long" * 20_000})
    with CaptureQueriesContext(connection) as queries:
        boss.get(address_of_list(model))
    read = " ".join(query["sql"] for query in queries)
    for column in ('"input"', '"output"', '"definition"', '"content"', '"usage"', '"details"'):
        assert f".{column}" not in read


def test_executions_are_filtered_by_state(boss: Client, make_execution: MakeExecution) -> None:
    rows = {state: [make_execution(state)] for state in STATES}
    assert {state: listed(boss, Execution, status__exact=state) for state in STATES} == rows


def test_executions_are_filtered_by_pipeline(boss: Client, make_execution: MakeExecution) -> None:
    make_execution(name="one")
    other = make_execution(name="other")
    assert listed(boss, Execution, pipeline="other") == [other]


def test_an_execution_is_found_by_title_and_by_id(boss: Client, make_execution: MakeExecution) -> None:
    make_execution()
    wanted = make_execution(options={"title": "Invoice 88-204, Lumen Optics"})
    assert listed(boss, Execution, q="lumen") == [wanted]
    assert listed(boss, Execution, q=str(wanted.pk)) == [wanted]
    assert listed(boss, Execution, q=wanted.pk.hex[-8:]) == [wanted]
    assert listed(boss, Execution, q="nothing like it") == []


def test_a_list_shows_the_state_as_a_word_and_links_to_the_page(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("failed", options={"title": "Lease <pack>"})
    response = boss.get(address_of_list(Execution))
    assert "Lease <pack>" in text_of(response)
    assert 'data-state="failed"' in response.content.decode()
    assert f'href="/executions/{row.pk}/"' in response.content.decode()


@pytest.mark.parametrize("model", [TaskRun, TaskAttempt, ExecutionEvent], ids=str)
def test_the_id_of_an_execution_finds_its_rows(boss: Client, make_execution: MakeExecution, model: type[Model]) -> None:
    make_execution("failed")
    wanted = make_execution("failed")
    found = listed(boss, model, q=str(wanted.pk))
    assert found
    assert all(wanted.pk in (getattr(row, "execution_id", None), of_attempt(row)) for row in found)


def of_attempt(row: Any) -> object:
    return row.task_run.execution_id if isinstance(row, TaskAttempt) else None


def test_task_runs_are_filtered_by_queue_type_and_state(boss: Client, make_execution: MakeExecution) -> None:
    make_execution("completed")
    gpu = make_execution("pending")
    TaskRun.objects.filter(execution=gpu).update(queue="gpu")
    assert [row.execution_id for row in listed(boss, TaskRun, queue="gpu")] == [gpu.pk]
    assert [row.execution_id for row in listed(boss, TaskRun, status__exact="queued")] == [gpu.pk]
    assert len(listed(boss, TaskRun, type="echo")) == 2
    assert "gpu" in text_of(boss.get(address_of_list(TaskRun)))


def test_workers_are_filtered_by_signs_of_life(boss: Client) -> None:
    flow.claimant("alive")
    flow.claimant("gone")
    Worker.objects.filter(pk="gone").update(heartbeat_at="2020-01-01T00:00:00Z")
    assert [row.pk for row in listed(boss, Worker, state="alive")] == ["alive"]
    assert [row.pk for row in listed(boss, Worker, state="gone")] == ["gone"]
    assert listed(boss, Worker, state="stopped") == []
    assert "No sign of life" in text_of(boss.get(address_of_list(Worker)))


@pytest.mark.parametrize(
    "query", ["status__exact=odd", "q=%00", "p=9999", "o=77", "pipeline=none", "created_at__gte=x"]
)
def test_odd_values_in_an_address_never_break_a_list(boss: Client, query: str) -> None:
    response = boss.get(f"{address_of_list(Execution)}?{query}", follow=True)
    assert response.status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "q=%27", "type=none", "queue=none", "execution__id__exact=odd"])
def test_odd_values_in_an_address_never_break_the_task_runs(boss: Client, query: str) -> None:
    assert boss.get(f"{address_of_list(TaskRun)}?{query}", follow=True).status_code == 200


def test_a_long_list_counts_only_so_far_and_says_so(
    boss: Client, make_execution: MakeExecution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "REACH", 3)
    for _ in range(5):
        make_execution()
    response = boss.get(address_of_list(Execution))
    assert "More than 3 executions" in text_of(response)
    cancelled = make_execution("pending")
    cancel_execution(execution_id=cancelled.pk)
    assert "1 execution" in text_of(boss.get(address_of_list(Execution, status__exact="cancelled")))


def test_a_pipeline_with_an_odd_id_has_a_page(boss: Client) -> None:
    odd = "_do.cancel-7"  # an underscore means something in the admin's addresses
    version = register_pipeline(pipeline=flow.define(flow.ONE), pipeline_id=odd)
    (row,) = listed(boss, RegisteredPipeline)
    assert odd in text_of(boss.get(address_of(row)))
    assert odd in text_of(boss.get(address_of(version)))


@pytest.mark.parametrize("model", [*ENGINE, User, Group, AuthToken], ids=str)
def test_a_list_asks_for_the_permission_to_view(staff: Callable[..., Client], model: type[Model]) -> None:
    assert staff(name="nobody").get(address_of_list(model)).status_code == 403
    viewer = staff(f"view_{model._meta.model_name}", name="viewer")
    assert viewer.get(address_of_list(model)).status_code == 200
