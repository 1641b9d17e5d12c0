"""The overview: what needs somebody first, then figures that count by the end of executions, then lists."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common.clock import database_now
from orchestration.models import Execution, Worker
from orchestration.selectors.overview import Period, count_ended_by_step, measure_times
from orchestration.services.executions import rerun_execution
from orchestration.services.pipelines import register_pipeline
from reviews.services.requests import open_review
from tests.engine import flow
from tests.pages.conftest import BRING_INTO, MakeExecution

QUERIES = 24


def page(client: Client, **query: str) -> str:
    response = client.get("/", query_params=query)
    assert response.status_code == 200
    return text_of(response)


def text_of(response: Any) -> str:
    """What the page says, without its marks."""
    shown = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", shown.replace("&quot;", '"').replace("&#x27;", "'"))


def move(execution: Execution, by: timedelta) -> None:
    """All its times, which no service can move."""
    fields = ("created_at", "started_at", "finished_at")
    Execution.objects.filter(pk=execution.pk).update(**{name: F(name) - by for name in fields})


# What it says ---------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_a_new_installation_is_told_what_to_do_first(engineer: Client) -> None:
    shown = page(engineer)
    assert "Nothing has run yet" in shown
    assert "Write a pipeline" in shown
    assert "manage.py demo" in shown


@pytest.mark.one_database
def test_who_may_not_register_is_not_led_to_the_editor(reader: Client) -> None:
    assert "Write a pipeline" not in page(reader)


@pytest.mark.one_database
def test_with_a_pipeline_the_first_step_is_to_run_it(operator: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    assert "Choose a pipeline" in page(operator)


@pytest.mark.one_database
@pytest.mark.parametrize("state", BRING_INTO)
def test_it_shows_an_execution_in_every_state(state: str, make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution(state, options={"title": f"The {state} one"})
    shown = page(reader)
    assert f"The {state} one {execution.pk.hex[-8:]}" in shown


def test_the_sentence_tells_how_many_ended_and_how_well(make_execution: MakeExecution, reader: Client) -> None:
    for state in ("completed", "completed", "failed", "running"):
        make_execution(state)
    assert "3 executions ended in the last 24 hours; 66.7 % succeeded." in page(reader)
    make_execution("cancelled")
    assert "4 executions ended in the last 24 hours; 66.7 % succeeded, not counting 1 cancelled." in page(reader)


@pytest.mark.one_database
@pytest.mark.parametrize(("range_", "words"), [("1h", "the hour before"), ("24h", "the 24 h before")])
def test_figures_are_compared_in_words(range_: str, words: str, make_execution: MakeExecution, reader: Client) -> None:
    make_execution("completed")
    assert f"1 more than {words}" in page(reader, range=range_)


@pytest.mark.one_database
def test_a_long_error_is_cut_after_a_word_and_whole_in_its_title(make_execution: MakeExecution, reader: Client) -> None:
    said = "expected a number and found a word " * 6
    execution = make_execution("failed")
    Execution.objects.filter(pk=execution.pk).update(error={"code": "broken", "task": "a", "message": said})
    shown = reader.get("/").content.decode()
    assert f'title="{said}">{said[:160].rpartition(" ")[0]}…</span>' in shown


def test_an_execution_counts_by_its_end(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed")
    Execution.objects.filter(pk=execution.pk).update(created_at=F("created_at") - timedelta(days=3))
    assert "1 execution ended in the last hour" in page(reader, range="1h")
    move(execution, timedelta(hours=2))
    assert "Nothing ended in the last hour; nothing is running." in page(reader, range="1h")


def test_a_rise_of_failures_is_told_once_it_is_more_than_chance(make_execution: MakeExecution, reader: Client) -> None:
    move(make_execution("failed"), timedelta(hours=30))
    make_execution("failed")
    assert "Failures rose" not in page(reader)
    for _ in range(8):
        make_execution("failed")
    assert "Failures rose to 9, from 1 in the time before." in page(reader)


@pytest.mark.one_database
@pytest.mark.parametrize(("range_", "words"), [("7d", "the last 7 days"), ("", "24 hours"), ("1y", "24 hours")])
def test_an_unknown_range_is_the_last_day(
    range_: str, words: str, make_execution: MakeExecution, reader: Client
) -> None:
    make_execution("completed")
    assert words in page(reader, range=range_)


# What needs somebody --------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_nothing_needs_anybody_when_all_is_well(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("completed")
    assert "Nothing needs you" in page(reader)


@pytest.mark.one_database
def test_where_a_review_waits_it_is_not_said_that_nothing_does(make_execution: MakeExecution, engineer: Client) -> None:
    make_execution("completed")
    open_review(task_name="read", task_type="extraction", input_data={}, proposed_output={"total": 1})
    shown = page(engineer)
    assert "Nothing needs you" not in shown
    assert "No failure is open, nothing is paused, and what is queued has workers." in shown


@pytest.mark.one_database
def test_queued_work_without_a_worker_says_how_to_start_one(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("queued")
    shown = page(reader)
    assert "1 task waits for a worker, none runs Start one: celery -A config worker" in shown


@pytest.mark.one_database
def test_queued_work_that_no_worker_knows_names_the_task_type(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("queued")
    flow.claimant()
    Worker.objects.update(queues=["default"], task_types=["other"])
    assert 'a worker that knows "echo"' in page(reader)


@pytest.mark.one_database
def test_queued_work_with_a_worker_needs_nobody(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("queued")
    flow.claimant()
    Worker.objects.update(queues=["default"], task_types=["echo"])
    shown = page(reader)
    assert "Nothing needs you" in shown
    assert "Waits for a free worker" in shown


@pytest.mark.one_database
def test_a_failure_needs_somebody_until_it_is_run_again(make_execution: MakeExecution, reader: Client) -> None:
    failed = make_execution("failed")
    assert "1 failure not run again" in page(reader)
    rerun_execution(execution_id=failed.pk)
    assert "not run again" not in page(reader)


def test_pipelines_are_ranked_by_failures_beyond_the_usual(make_execution: MakeExecution, reader: Client) -> None:
    for _ in range(3):
        move(make_execution("failed", name="always_so"), timedelta(days=5))
        make_execution("failed", name="always_so")
        move(make_execution("completed", name="lately"), timedelta(days=5))
    for _ in range(2):
        make_execution("failed", name="lately")
    shown = page(reader)
    assert "1 pipeline fails more than usual First: lately, 2 of 2" in shown
    assert shown.index("lately 100 %") < shown.index("always_so 100 %")


def test_failures_are_grouped_by_code_and_task(make_execution: MakeExecution, reader: Client) -> None:
    for _ in range(2):
        make_execution("failed", graph=flow.CHAIN)
    make_execution("timed_out")
    shown = page(reader)
    assert "broken at a it broke flow 2 runs" in shown
    assert "run_timed_out the execution took longer than the pipeline's timeout flow 1 run" in shown


@pytest.mark.one_database
def test_what_waits_says_for_what(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("waiting")
    make_execution("paused")
    shown = page(reader)
    assert re.search(r"Waits for a retry, in (9|10) min", shown)
    assert "Waits for somebody to resume it" in shown


# Figures --------------------------------------------------------------------------------------------------------------


def test_steps_begin_at_whole_times_and_hold_every_end(make_execution: MakeExecution) -> None:
    for hours in (0, 1, 1, 23):
        move(make_execution("completed"), timedelta(hours=hours))
    now = database_now()
    period = Period(now, timedelta(hours=24), timedelta(minutes=30))
    steps = count_ended_by_step(period)
    assert sum(ended.completed for ended in steps.values()) == 4
    assert all(start.minute in (0, 30) and start.second == 0 for start in period.steps)
    assert period.steps[0] <= period.start < period.steps[1]
    assert period.steps[-1] <= now
    for place, ended in steps.items():
        end = period.steps[place] + period.step
        found = Execution.objects.filter(finished_at__gte=period.steps[place], finished_at__lt=end).count()
        assert found == ended.all


def test_half_of_the_executions_took_less_than_p50(make_execution: MakeExecution) -> None:
    for seconds in range(1, 21):
        execution = make_execution("completed")
        Execution.objects.filter(pk=execution.pk).update(started_at=F("finished_at") - timedelta(seconds=seconds))
    make_execution("failed")
    times, by_step = measure_times(Period(database_now(), timedelta(hours=1), timedelta(hours=1)))
    assert times.p50 == pytest.approx(10, abs=0.001)
    assert times.p95 == pytest.approx(19, abs=0.001)
    assert set(by_step) <= {0, 1}


# Access, live, cost ---------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_it_needs_a_login_and_the_permission(client: Client, stranger: Client) -> None:
    assert client.get("/").status_code == 302
    assert stranger.get("/").status_code == 403


@pytest.mark.one_database
def test_an_open_page_is_sent_anew_only_when_something_happened(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("queued")
    shown = reader.get("/").context["version"]
    asked = {"query_params": {"version": shown}, "headers": {"HX-Request": "true"}}
    assert reader.get("/", **asked).status_code == 204  # type: ignore[arg-type]
    make_execution("completed")
    answer = reader.get("/", **asked)  # type: ignore[arg-type]
    assert answer.content.startswith(b'<div class="stack" id="overview" data-live="/?range=24h"')


def test_it_costs_as_many_queries_for_one_execution_as_for_many(
    make_execution: MakeExecution, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for state in BRING_INTO:
        for name in ("one", "other"):
            make_execution(state, name=name)
    with django_assert_max_num_queries(QUERIES):
        reader.get("/")
