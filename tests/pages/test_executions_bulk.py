"""Cancelling and running again several executions at once: a page that says what would happen, then the deed."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from orchestration.models import Execution
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.pages.conftest import BRING_INTO, MakeExecution

ADDRESS = "/executions/selected/"


def preview(client: Client, do: str, *executions: Execution, **query: str) -> Any:
    return client.get(ADDRESS, query_params={"do": do, "id": [str(each.pk) for each in executions], **query})


def carry_out(client: Client, do: str, *executions: Execution, **fields: str) -> Any:
    return client.post(ADDRESS, {"do": do, "id": [str(each.pk) for each in executions], **fields})


def said(response: Any) -> list[str]:
    """The messages that the next page will show."""
    return [str(message).replace("\u00a0", " ") for message in get_messages(response.wsgi_request)]


@pytest.mark.one_database
def test_the_page_says_which_can_be_cancelled_and_why_others_cannot(
    make_execution: MakeExecution, operator: Client
) -> None:
    running, queued, failed = make_execution("running"), make_execution("queued"), make_execution("failed")
    response = preview(operator, "cancel", running, queued, failed)
    shown = response.content.decode().replace("\u00a0", " ")
    assert "2 of 3 executions can be cancelled." in shown
    assert "Left alone: has ended" in shown
    assert {each.pk for each in response.context["possible"]} == {running.pk, queued.pk}
    assert flow.reload(running).status == "running"


def test_only_what_can_be_is_cancelled_with_the_reason(make_execution: MakeExecution, operator: Client) -> None:
    running, failed = make_execution("running"), make_execution("failed")
    response = carry_out(operator, "cancel", running, failed, reason="a mistake", back="state=running")
    assert (response.status_code, response["Location"]) == (302, "/executions/?state=running")
    assert said(response) == ["1 execution cancelled."]
    cancelled = flow.reload(running)
    assert cancelled.status == "cancelled"
    assert cancelled.error == {"code": "cancelled", "message": "a mistake", "task": None}
    assert flow.reload(failed).status == "failed"


def test_running_again_starts_a_new_one_for_each(make_execution: MakeExecution, operator: Client) -> None:
    ended = [make_execution(state, name=state) for state in ("completed", "failed", "cancelled")]
    response = carry_out(operator, "rerun", *ended, token="t")
    assert said(response) == ["3 executions started again."]
    for source in ended:
        again = source.reruns.get()
        assert (again.trigger, again.started_by, again.version_id) == ("page", "operator", source.version_id)


def test_sent_twice_is_run_again_once(make_execution: MakeExecution, operator: Client) -> None:
    failed = make_execution("failed")
    token = preview(operator, "rerun", failed).context["token"]
    for _ in range(2):
        carry_out(operator, "rerun", failed, token=token)
    assert failed.reruns.count() == 1


@pytest.mark.one_database
@pytest.mark.parametrize("state", [state for state in BRING_INTO if state != "queued"])
def test_what_has_not_ended_is_not_run_again(state: str, make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution(state)
    response = preview(operator, "rerun", execution)
    assert bool(response.context["possible"]) == execution.is_terminal
    assert (b"cancel it or wait" in response.content) == (not execution.is_terminal)


@pytest.mark.one_database
def test_what_ended_meanwhile_is_told(make_execution: MakeExecution, operator: Client) -> None:
    response = carry_out(operator, "cancel", make_execution("completed"))
    assert said(response) == ["None of these can be cancelled."]


@pytest.mark.one_database
def test_one_that_cannot_be_started_does_not_keep_the_others_from_it(
    make_execution: MakeExecution, operator: Client, settings: Any
) -> None:
    good, bad = make_execution("failed", name="good"), make_execution("failed", name="bad")
    pipeline = flow.define(flow.ONE, name="bad", inputs={"type": "object", "required": ["x"]})
    Execution.objects.filter(pk=bad.pk).update(version=register_pipeline(pipeline=pipeline))
    response = carry_out(operator, "rerun", good, bad, token="t")
    done, failure = said(response)
    assert done == "1 execution started again."
    assert failure.startswith("bad: the input does not fit")
    assert good.reruns.count() == 1


@pytest.mark.one_database
@pytest.mark.parametrize("query", [{}, {"do": "cancel"}, {"do": "cancel", "id": "x"}, {"do": "drop", "id": "x"}])
def test_without_a_choice_it_leads_back_to_the_list(query: dict[str, str], operator: Client) -> None:
    response = operator.get(ADDRESS, query_params=query)
    assert (response.status_code, response["Location"]) == (302, "/executions/")
    assert said(response) == ["Select executions first, then what to do with them."]


@pytest.mark.one_database
@pytest.mark.parametrize("back", ["https://example.com", "//example.com", "x=1&y=//e", "\r\nX: 1"])
def test_it_leads_to_nothing_but_the_list(back: str, operator: Client) -> None:
    location = operator.get(ADDRESS, query_params={"back": back})["Location"]
    assert location.startswith("/executions/?")


@pytest.mark.one_database
@pytest.mark.parametrize("do", ["cancel", "rerun"])
def test_who_only_reads_may_do_neither(do: str, make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("running" if do == "cancel" else "failed")
    assert preview(reader, do, execution).status_code == 403
    assert carry_out(reader, do, execution).status_code == 403
    assert flow.reload(execution).status == execution.status
    assert not execution.reruns.exists()
