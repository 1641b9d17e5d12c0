"""What people do to an execution on its page."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from orchestration.models import Execution
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import LIVE, address, complete_task, fail_attempt, words

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def press(browser: Client, execution: Execution, verb: str, **form: str) -> Any:
    return browser.post(address(execution, f"{verb}/"), form)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_cancelling_asks_first_and_keeps_the_reason(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("running")
    question = operator.get(address(execution, "cancel/")).content.decode()
    assert "It is over at once" in words(question)
    assert flow.reload(execution).status == "running"
    answer = press(operator, execution, "cancel", reason="sent twice")
    assert answer["Location"] == address(execution)
    assert said(answer).startswith("Cancelled.")
    error = flow.reload(execution).error
    assert error
    assert error["message"] == "cancelled by operator: sent twice"


def test_the_question_is_a_dialog_for_scripts(make_execution: MakeExecution, operator: Client) -> None:
    question = operator.get(address(make_execution("running"), "cancel/"), headers=LIVE).content.decode()
    assert question.startswith("<form")


def test_cancelling_what_has_ended_changes_nothing_and_says_so(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("completed")
    assert said(press(operator, execution, "cancel")) == "Nothing was changed: it had already ended."
    assert flow.reload(execution).status == "completed"


def test_a_reason_that_is_too_long_is_answered_beside_the_field(
    make_execution: MakeExecution, operator: Client
) -> None:
    execution = make_execution("running")
    answer = press(operator, execution, "cancel", reason="x" * 2000)
    assert answer.status_code == 422
    assert flow.reload(execution).status == "running"


def test_pausing_and_resuming(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("queued")
    assert said(press(operator, execution, "pause")).startswith("Paused.")
    assert flow.reload(execution).status == "paused"
    assert said(press(operator, execution, "resume")).endswith("It goes on.")
    assert flow.reload(execution).status == "pending"
    assert execution.events.get(kind="execution.paused").details["by"] == "operator"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_what_has_ended_is_neither_paused_nor_resumed(
    verb: str, make_execution: MakeExecution, operator: Client
) -> None:
    assert said(press(operator, make_execution("completed"), verb)).startswith("Nothing was changed")


def test_running_it_again_leads_to_the_new_execution(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("completed", options={"title": "Halvorsen MSA"})
    answer = press(operator, execution, "rerun")
    again = Execution.objects.get(rerun_of=execution)
    assert answer["Location"] == address(again)
    assert (again.title, again.trigger, again.started_by) == ("Halvorsen MSA", "page", "operator")
    assert said(answer) == "Started again: 1\xa0task to run."


def test_from_what_failed_only_the_rest_is_run(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("queued", graph=flow.CHAIN)
    complete_task(execution, "a")
    fail_attempt(execution, "b", retryable=False)
    answer = press(operator, execution, "rerun", from_task="failed")
    again = Execution.objects.get(rerun_of=execution)
    assert flow.statuses(again) == {"a": "completed", "b": "queued", "c": "pending"}
    assert said(answer) == "Started again: 2\xa0tasks to run, 1\xa0result reused."


def test_from_a_task_it_says_first_what_would_be_run(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("completed", graph=flow.CHAIN)
    text = words(operator.get(address(execution, "rerun/"), {"from_task": "b"}).content.decode())
    assert "Run it again from b?" in text
    assert "Run: b, c" in text
    assert "Reused: a" in text
    assert not Execution.objects.filter(rerun_of=execution).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_run_again_says_why(method: str, make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("completed", graph=flow.CHAIN)
    answer = getattr(operator, method)(address(execution, "rerun/"), {"from_task": "bb"})
    assert answer["Location"] == address(execution)
    assert "no task" in said(answer)


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "rerun"])
def test_readers_change_nothing(verb: str, make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("running")
    assert press(reader, execution, verb).status_code == 403
    assert flow.reload(execution).status == "running"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_link_changes_nothing(verb: str, make_execution: MakeExecution, operator: Client) -> None:
    assert operator.get(address(make_execution("running"), f"{verb}/")).status_code == 405


def test_a_form_of_another_site_changes_nothing(make_execution: MakeExecution, operator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    execution = make_execution("running")
    assert press(strict, execution, "pause").status_code == 403
