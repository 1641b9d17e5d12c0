"""The head of an execution's page: its sentence, its facts, what may be done, and how it follows what happens."""

import re
from typing import Any

import pytest
from django.test import Client

from orchestration.engine.store import Origin
from orchestration.models import Worker
from orchestration.services.executions import pause_execution, rerun_execution
from orchestration.states import Trigger
from tests.engine import flow
from tests.pages.conftest import BRING_INTO, MakeExecution
from tests.pages.execution_pages import (
    LIVE,
    TABS,
    address,
    complete_task,
    fail_attempt,
    headline,
    open_tab,
    retry_now,
    version_of,
    words,
)

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

SENTENCES = {
    "pending": r"Queued: no worker is running \| Start one with: celery -A config worker\. Its task is not done yet\.",
    "running": r"Running a \| Its task is not done yet\.",
    "waiting": r"Waiting: attempt 2 of 3 of a is due in (10 m 00|9 m 5\d) s \| The last one failed: it broke\. .*",
    "paused": r"Paused \| Its task is not done yet\. Nothing new starts until it is resumed\.",
    "completed": r"Completed in .*s \| Its task is done\.",
    "failed": r"Failed at a after .*s \| Its task failed\.",
    "cancelled": r"Cancelled after .*s \| No longer needed\. Its task was cancelled\.",
    "timed_out": r"Timed out after .*s \| The pipeline's own timeout was over\. Its task timed out\.",
}


@pytest.mark.parametrize("state", SENTENCES)
def test_the_page_opens_with_a_sentence_that_says_what_is_so(
    state: str, make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution(state)
    if state in ("pending", "waiting"):
        Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    assert re.fullmatch(SENTENCES[state], headline(reader, execution)), headline(reader, execution)


@pytest.mark.parametrize("state", BRING_INTO)
@pytest.mark.parametrize("tab", [*TABS, "tasks/a/", "?task=a", "graph/?task=a", "?attempts=all&path=critical"])
def test_every_tab_can_be_read_in_every_state(
    state: str, tab: str, make_execution: MakeExecution, reader: Client
) -> None:
    page = open_tab(reader, make_execution(state), tab)
    assert " style=" not in page
    assert "onclick" not in page


def test_a_retry_that_is_due_without_a_worker_says_what_to_start(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("waiting")
    flow.make_due(execution, "not_before", "a")
    Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    assert headline(reader, execution).startswith("Waiting: attempt 2 of 3 of a is due and no worker is running")


def test_with_earlier_runs_it_says_how_long_it_takes_usually(make_execution: MakeExecution, reader: Client) -> None:
    make_execution("completed")
    assert "It usually takes" in headline(reader, make_execution("completed"))


def test_an_execution_is_not_compared_with_itself(make_execution: MakeExecution, reader: Client) -> None:
    assert "sually" not in words(open_tab(reader, make_execution("completed")))


def test_the_facts_say_who_started_it_and_from_where(make_execution: MakeExecution, reader: Client) -> None:
    origin = Origin(Trigger.PAGE, started_by="mira")
    execution = make_execution(options={"title": "Halvorsen MSA", "labels": {"team": "legal"}, "origin": origin})
    text = words(open_tab(reader, execution))
    assert "Started by mira from a page" in text
    assert "Halvorsen MSA" in text
    assert "team=legal" in text


def test_tokens_and_cost_are_those_of_all_attempts(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", each={"retry": {"max_attempts": 3}})
    usage = {"requests": 1, "input_tokens": 1000, "output_tokens": 200, "cost_microusd": 40_000}
    fail_attempt(execution, "a", usage=usage)
    odd = {"requests": "many", "input_tokens": "12", "cost_microusd": None}
    retry_now(execution, "a")
    fail_attempt(execution, "a", usage={**usage, **odd})
    text = words(open_tab(reader, execution))
    assert "Cost $0.04" in text
    assert "Tokens 1 400 (1 000 in, 400 out)" in text


def test_a_model_without_a_price_costs_an_unknown_amount(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued")
    fail_attempt(execution, "a", retryable=False, usage={"requests": 1, "input_tokens": 10, "output_tokens": 2})
    assert "Cost unknown" in words(open_tab(reader, execution))


def test_a_part_without_a_price_makes_the_cost_what_is_known_at_least(
    make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution("queued", each={"retry": {"max_attempts": 2}})
    fail_attempt(execution, "a", usage={"requests": 1, "cost_microusd": 40_000})
    retry_now(execution, "a")
    fail_attempt(execution, "a", usage={"requests": 1})
    assert "Cost at least $0.04" in words(open_tab(reader, execution))
    assert "≥ $0.04" in words(open_tab(reader, execution, "tasks/"))


def test_runs_of_the_same_lead_to_each_other(make_execution: MakeExecution, reader: Client) -> None:
    first = make_execution("failed")
    second = rerun_execution(execution_id=first.pk)
    assert f'href="{address(second)}"' in open_tab(reader, first)
    assert f'href="{address(first)}"' in open_tab(reader, second)


ACTIONS = {
    "running": {"pause", "cancel", "rerun"},
    "paused": {"resume", "cancel", "rerun"},
    "completed": {"rerun"},
    "failed": {"rerun"},
}


@pytest.mark.parametrize("state", ACTIONS)
def test_only_what_can_be_done_is_offered(state: str, make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution(state)
    page = open_tab(operator, execution)
    offered = {verb for verb in ("pause", "resume", "cancel", "rerun") if address(execution, f"{verb}/") in page}
    assert offered == ACTIONS[state]


def test_a_reader_is_offered_nothing_to_do(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("running")
    page = open_tab(reader, execution)
    assert not [verb for verb in ("pause", "cancel", "rerun") if address(execution, f"{verb}/") in page]
    assert "Run again" not in page


def test_without_permission_nothing_is_shown(make_execution: MakeExecution, stranger: Client) -> None:
    execution = make_execution()
    assert {stranger.get(address(execution, tab)).status_code for tab in TABS} == {403}


def test_without_a_login_it_leads_to_the_login_page(make_execution: MakeExecution) -> None:
    answer: Any = Client().get(address(make_execution()))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("tab", [*TABS, "tasks/a/", "cancel/", "rerun/", "input.json"])
def test_an_execution_that_is_not_there_is_said_so(tab: str, engineer: Client) -> None:
    assert engineer.get(f"/executions/01a20332-f6ae-717e-a2e0-de45e43e3da8/{tab}").status_code == 404


def test_what_can_be_done_with_a_pipeline_is_not_linked_for_those_who_may_not_see_it(
    make_execution: MakeExecution, make_client: Any
) -> None:
    page = open_tab(make_client("view_execution", "add_execution"), make_execution("failed"))
    assert "/pipelines/" not in page


@pytest.mark.parametrize("tab", TABS)
def test_an_open_page_is_not_sent_again_while_nothing_happens(
    tab: str, make_execution: MakeExecution, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.views.execution.frame.TICK_SECONDS", 10**9)
    execution = make_execution("running")
    version = version_of(open_tab(reader, execution, tab))
    assert reader.get(address(execution, tab), {"version": version}, headers=LIVE).status_code == 204


@pytest.mark.parametrize("tab", TABS)
def test_what_happened_is_sent_as_the_live_part_alone(tab: str, make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", graph=flow.CHAIN)
    version = version_of(open_tab(reader, execution, tab))
    complete_task(execution, "a")
    answer = reader.get(address(execution, tab), {"version": version}, headers=LIVE)
    part = answer.content.decode()
    assert answer.status_code == 200
    assert part.lstrip().startswith('<div class="stack" id="execution"')
    assert "<html" not in part
    assert version_of(part) != version


def test_a_pause_is_news(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued")
    version = version_of(open_tab(reader, execution))
    pause_execution(execution_id=execution.pk)
    answer = reader.get(address(execution), {"version": version}, headers=LIVE)
    assert "Paused" in answer.content.decode()


def test_a_page_stops_asking_once_the_execution_has_ended(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed")
    assert "data-live=" not in open_tab(reader, execution)
    answer = reader.get(address(execution), {"version": "1.running.0"}, headers=LIVE)
    assert answer.status_code == 200
    assert "data-live=" not in answer.content.decode()
    assert answer["Live-Final"] == "true"


def test_htmx_gets_whole_pages_to_choose_from(make_execution: MakeExecution, reader: Client) -> None:
    answer = reader.get(address(make_execution(), "graph/"), headers={**LIVE, "HX-Boosted": "true"})
    assert "<html" in answer.content.decode()
