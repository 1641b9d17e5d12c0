"""The list of executions: what its filters leave, its pages, its rows, and that it stays current."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.db.models import F
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from orchestration.engine.store import Origin
from orchestration.forms.executions import ExecutionFilterForm
from orchestration.models import Execution, TaskAttempt, Worker
from orchestration.selectors.execution_list import Cursor
from orchestration.services.executions import rerun_execution
from orchestration.states import Trigger
from orchestration.views import executions as view
from tests.engine import flow
from tests.pages.conftest import BRING_INTO, MakeExecution

LIST = "/executions/"
QUERIES = 18
LIVE = {"HX-Request": "true"}


def ask(client: Client, **query: Any) -> Any:
    response = client.get(LIST, query_params=query)
    assert response.status_code == 200
    return response


def listed(client: Client, **query: Any) -> list[UUID]:
    """The executions of the page, in its order."""
    return [line.row.execution.pk for line in ask(client, **query).context["lines"]]


def line_of(client: Client, execution: Execution, **query: Any) -> Any:
    return next(line for line in ask(client, **query).context["lines"] if line.row.execution.pk == execution.pk)


def error_of(client: Client, **query: Any) -> dict[str, str]:
    """Field → the sentence beside it."""
    response = ask(client, **query)
    errors = {name: " ".join(each) for name, each in response.context["form"].errors.items()}
    for message in errors.values():
        assert message.replace("“", "").split()[0] in response.content.decode()
    return errors


def titled(title: str, **options: Any) -> dict[str, Any]:
    return {"options": {"title": title, **options}}


# Filters --------------------------------------------------------------------------------------------------------------


def test_a_state_leaves_its_executions(make_execution: MakeExecution, reader: Client) -> None:
    made = {state: make_execution(state).pk for state in BRING_INTO if state != "queued"}
    assert {state: listed(reader, state=state) for state in made} == {state: [key] for state, key in made.items()}


def test_several_states_can_be_chosen_and_each_is_counted(make_execution: MakeExecution, reader: Client) -> None:
    for state in ("failed", "failed", "timed_out", "completed"):
        make_execution(state)
    response = ask(reader, state=["failed", "timed_out"])
    counts = {chip.state: chip.count for chip in response.context["chips"] if chip.count}
    assert counts == {"": 4, "failed": 2, "timed_out": 1, "completed": 1}
    assert [chip.state for chip in response.context["chips"] if chip.is_current] == ["failed", "timed_out"]
    assert "3\u00a0executions match." in response.content.decode()


TEXTS = ("tallinn", "LEASE", "legal", "it broke", "broken", "50%", "{id}", "{tail}", "{hex}", "ünder", 'say "x"')


def test_text_finds_title_label_error_and_id(make_execution: MakeExecution, reader: Client) -> None:
    labels = {"team": "legal", "quoted": 'say "x"', "letters": "ünder"}
    wanted = make_execution("failed", options={"title": "Port of Tallinn, lease 50% off", "labels": labels})
    make_execution("completed", **titled("Another, 500 off"))
    identity = str(wanted.pk)
    asked = [text.format(id=identity, tail=identity[-8:], hex=wanted.pk.hex) for text in TEXTS]
    assert {text: listed(reader, q=text) for text in asked} == {text: [wanted.pk] for text in asked}


def test_text_is_no_pattern(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("failed", options={"title": "plain", "labels": {"a": "plain"}})
    assert listed(reader, q="%") == listed(reader, q="_") == listed(reader, q="pl_in") == []


def test_pipeline_person_trigger_and_label_each_narrow_it_down(make_execution: MakeExecution, reader: Client) -> None:
    page, rest = Origin(Trigger.PAGE, started_by="mira"), Origin(Trigger.API, started_by="robot")
    one = make_execution(name="one", options={"origin": page, "labels": {"team": "legal"}})
    two = make_execution(name="two", options={"origin": rest, "labels": {"team": "ops"}})
    assert listed(reader, pipeline="one") == listed(reader, started_by="mira") == [one.pk]
    assert listed(reader, trigger="api") == listed(reader, label="team=ops") == [two.pk]
    assert listed(reader, pipeline="one", trigger="api") == []


def test_time_counts_from_the_start_or_the_end(make_execution: MakeExecution, reader: Client) -> None:
    running, long = make_execution("running"), make_execution("completed")
    Execution.objects.filter(pk=long.pk).update(created_at=F("created_at") - timedelta(days=2))
    assert listed(reader, range="ended-1h") == [long.pk]
    assert listed(reader, range="started-1h") == [running.pk]
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M}"
    assert listed(reader, since=yesterday) == [running.pk]
    assert listed(reader, until=yesterday) == [long.pk]
    assert listed(reader, since=yesterday, by="end") == [long.pk]


def test_my_runs_are_those_that_i_started(make_execution: MakeExecution, reader: Client) -> None:
    mine = make_execution(options={"origin": Origin(Trigger.PAGE, started_by="reader")})
    make_execution(options={"origin": Origin(Trigger.PAGE, started_by="other")})
    assert listed(reader, view="mine") == [mine.pk]
    assert listed(reader, view="mine", started_by="other") == []


def test_attention_is_for_open_failures_pauses_and_long_queues(make_execution: MakeExecution, reader: Client) -> None:
    made = {state: make_execution(state) for state in BRING_INTO}
    stuck = make_execution("queued")
    flow.make_due(stuck, "queued_at", "a")
    stuck.task_runs.update(queued_at=F("queued_at") - timedelta(hours=1))
    Execution.objects.filter(pk=stuck.pk).update(created_at=F("created_at") - timedelta(hours=1))
    again = rerun_execution(execution_id=made["timed_out"].pk)
    assert set(listed(reader, view="attention")) == {made["failed"].pk, made["paused"].pk, stuck.pk}
    assert again.pk in listed(reader)


def test_an_old_failure_is_left_in_peace(make_execution: MakeExecution, reader: Client) -> None:
    failed = make_execution("failed")
    Execution.objects.filter(pk=failed.pk).update(finished_at=F("finished_at") - timedelta(days=8))
    assert listed(reader, view="attention") == []


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", "lost", "There is no state “lost”."),
        ("pipeline", "none", "No pipeline is registered as “none”."),
        ("range", "1y", "There is no choice “1y” here."),
        ("label", "team", "Write it as key=value, for example team=legal."),
        ("since", "soon", "Write a date and a time in UTC, for example 2026-01-31 12:00."),
        ("since", "0001-01-01T00:00+14:00", "Choose a year from 1970 to 9000."),
        ("until", "9999-12-31T23:59-12:00", "Choose a year from 1970 to 9000."),
        ("q", "a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_not_applied(
    name: str, value: str, said: str, make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution()
    assert error_of(reader, **{name: value}) == {name: said}
    assert listed(reader, **{name: value}) == [execution.pk]


@pytest.mark.one_database
def test_two_times_that_contradict_each_other_are_told(make_execution: MakeExecution, reader: Client) -> None:
    assert "until" in error_of(reader, since="2026-01-02T00:00", until="2026-01-01T00:00")
    assert "range" in error_of(reader, since="2026-01-02T00:00", range="ended-1h")


MADE_UP = st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d([+-]\d\d:\d\d)?|\d{1,18}-\w{32}")
QUERY = st.dictionaries(
    st.sampled_from([*ExecutionFilterForm.base_fields, "older", "newer", "at", "version", "page"]),
    st.lists(st.text(max_size=40) | MADE_UP, max_size=2),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=QUERY)
def test_no_address_breaks_the_page(query: dict[str, list[str]], make_execution: MakeExecution, reader: Client) -> None:
    if not Execution.objects.exists():
        make_execution("failed", **titled("one"))
    assert reader.get(LIST, query_params=query).status_code == 200
    assert b"".join(reader.get("/executions.csv", query_params=query)).startswith(b"id,")


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
@given(micros=st.integers(0, 10**17 - 1), key=st.uuids())
def test_a_cursor_reads_back_as_it_was_written(micros: int, key: UUID) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert Cursor.parse(str(Cursor(at, key))) == Cursor(at, key)
    assert str(Cursor(at, key)) == f"{micros}-{key.hex}"


@pytest.fixture
def seven(make_execution: MakeExecution, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Seven executions, newest first, three to a page; some started at the same instant."""
    monkeypatch.setattr(view, "PAGE_SIZE", 3)
    made = [make_execution().pk for _ in range(7)]
    same = Execution.objects.get(pk=made[2]).created_at
    Execution.objects.filter(pk__in=made[2:5]).update(created_at=same)
    return list(Execution.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))


def follow(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200
    return response


def ids(response: Any) -> list[UUID]:
    return [line.row.execution.pk for line in response.context["lines"]]


def test_older_and_newer_lead_through_every_execution_once(seven: list[UUID], reader: Client) -> None:
    first = ask(reader)
    second = follow(reader, first.context["pager"].older)
    third = follow(reader, second.context["pager"].older)
    assert ids(first) + ids(second) + ids(third) == seven
    assert third.context["pager"].older == first.context["pager"].newer == ""
    assert ids(follow(reader, third.context["pager"].newer)) == seven[3:6]
    assert ids(follow(reader, second.context["pager"].newer)) == seven[:3]


def test_a_page_stays_the_same_while_others_are_started(
    seven: list[UUID], reader: Client, make_execution: MakeExecution
) -> None:
    second = ask(reader).context["pager"].older
    make_execution()
    assert ids(follow(reader, second)) == seven[3:6]


def test_filters_stay_on_the_way(seven: list[UUID], reader: Client) -> None:
    response = ask(reader, state="completed", q="")
    assert parse_qs(urlsplit(response.context["pager"].older).query).keys() == {"state", "older"}


# Rows -----------------------------------------------------------------------------------------------------------------


def test_a_line_counts_tasks_and_those_that_failed(make_execution: MakeExecution, reader: Client) -> None:
    row = line_of(reader, make_execution("failed", graph=flow.DIAMOND)).row
    assert (row.completed_tasks, row.failed_tasks, row.tasks) == (0, 1, 4)
    row = line_of(reader, make_execution("completed", graph=flow.CHAIN)).row
    assert (row.completed_tasks, row.failed_tasks, row.tasks) == (3, 0, 3)


def test_the_median_is_of_completed_runs_of_the_same_pipeline(make_execution: MakeExecution, reader: Client) -> None:
    for seconds in (1, 5, 100):
        took = make_execution(name="slow")
        Execution.objects.filter(pk=took.pk).update(started_at=F("finished_at") - timedelta(seconds=seconds))
    failed = make_execution("failed", name="slow")
    make_execution(name="quick")
    assert line_of(reader, failed).row.median_seconds == pytest.approx(5, abs=0.001)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        ([{"characters": 400}], "–"),
        ([{"requests": 1, "input_tokens": 5, "cost_microusd": 20_000}, {"characters": 3}], "$0.02"),
        ([{"requests": 1, "input_tokens": 5, "cost_microusd": 20_000}, {"requests": 1}], "≥\xa0$0.02"),
        ([{"requests": 1}], "unknown"),
        ([{"cost_microusd": "much", "input_tokens": None}], "–"),
    ],
)
def test_a_cost_that_is_not_known_is_not_made_up(
    usage: list[Any], shown: str, make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution("completed", graph=flow.CHAIN)
    attempts = TaskAttempt.objects.filter(task_run__execution=execution).order_by("pk")
    for attempt, used in zip(attempts, usage, strict=False):
        TaskAttempt.objects.filter(pk=attempt.pk).update(usage=used)
    content = ask(reader).content.decode()
    cell = re.search(r'data-k="Cost"[^>]*>([^<]*)<', content)
    assert cell is not None
    assert cell[1] == shown


def worker_of(**changes: Any) -> Callable[[], None]:
    def start() -> None:
        flow.claimant()
        Worker.objects.update(**{"queues": ["default"], "task_types": ["echo"], **changes})

    return start


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("state", "worker", "said"),
    [
        ("queued", lambda: None, "a worker, none runs"),
        ("queued", worker_of(), "a free worker"),
        ("queued", worker_of(queues=["gpu"]), 'a worker for the queue "default"'),
        ("queued", worker_of(task_types=["other"]), 'a worker that knows "echo"'),
        ("paused", lambda: None, "somebody to resume it"),
        ("running", lambda: None, ""),
        ("completed", lambda: None, ""),
    ],
)
def test_a_line_says_what_it_waits_for(
    state: str, worker: Callable[[], None], said: str, make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution(state)
    worker()
    assert line_of(reader, execution).row.waiting_on == said


@pytest.mark.one_database
def test_a_retry_is_shown_as_one_with_its_time(make_execution: MakeExecution, reader: Client) -> None:
    row = line_of(reader, make_execution("waiting")).row
    assert row.shown_state == "retrying"
    assert re.fullmatch(r"a retry, in (9|10)\smin", row.waiting_on)


# Empty, access, live --------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_an_empty_list_says_why_and_what_next(reader: Client, make_execution: MakeExecution) -> None:
    assert "No executions yet" in ask(reader).content.decode()
    make_execution()
    shown = ask(reader, q="nothing like that").content.decode()
    assert "Nothing matches" in shown
    assert "Clear all filters" in shown


@pytest.mark.one_database
def test_who_only_reads_sees_no_boxes_and_no_buttons(
    make_execution: MakeExecution, reader: Client, operator: Client
) -> None:
    make_execution()
    assert b"data-select" not in ask(reader).content.replace(b"data-selection", b"")
    assert b"Run a pipeline" not in ask(reader).content
    assert ask(operator).content.count(b'name="id"') == 1


@pytest.mark.one_database
def test_it_needs_a_login_and_the_permission(client: Client, stranger: Client) -> None:
    assert client.get(LIST).status_code == 302
    assert stranger.get(LIST).status_code == 403


def test_new_executions_are_announced_and_the_lines_stay(make_execution: MakeExecution, reader: Client) -> None:
    old = make_execution("queued")
    opened = ask(reader, pipeline="flow")
    address, version = opened.context["live_address"], opened.context["version"]
    same = reader.get(address, query_params={"version": version}, headers=LIVE)
    assert same.status_code == 204
    make_execution()
    make_execution(name="other")
    fresh = reader.get(address, headers=LIVE)
    assert ids(fresh) == [old.pk]
    assert "1 new execution since you opened this page." in fresh.content.decode()
    assert re.findall(rb'id="(sentence|states|list)"', fresh.content) == [b"sentence", b"states", b"list"]


def test_an_open_page_keeps_its_place(seven: list[UUID], reader: Client) -> None:
    second = follow(reader, ask(reader).context["pager"].older)
    assert ids(reader.get(second.context["live_address"], headers=LIVE)) == seven[3:6]
    assert second.context["banner"] == ""


def test_it_costs_as_many_queries_for_one_execution_as_for_many(
    make_execution: MakeExecution, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for state in BRING_INTO:
        for name in ("one", "other"):
            make_execution(state, name=name)
    with django_assert_max_num_queries(QUERIES):
        ask(reader)
