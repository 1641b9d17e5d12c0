"""Why it failed: the task that failed first, what helps, how often it happened before, and the one thing to do."""

from pathlib import Path

import pytest
from django.test import Client

from orchestration.exceptions import TaskError
from orchestration.models import Execution
from orchestration.providers.hosted import faults
from orchestration.selectors.hints import HINTS, hint_for
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import complete_task, fail_attempt, open_tab, retry_now, words

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

ROOT = Path(__file__).resolve().parents[2]


def test_the_first_task_to_fail_is_blamed_and_what_it_took_along_is_named(
    make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution("queued", graph={"x": [], "y": [], "after": ["y"]})
    fail_attempt(execution, "y", code="context_too_long", retryable=False)
    fail_attempt(execution, "x", code="bad_request", retryable=False)
    text = words(open_tab(reader, execution))
    assert "y failed context_too_long it ended with context_too_long" in text
    assert "1 task was skipped because of it: after." in text
    assert "1 more task failed later." in text
    assert "Shorten the text, or use a model that takes more." in text


def test_a_failure_while_others_go_on_is_told_at_once(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", graph={"x": [], "y": []})
    fail_attempt(execution, "x", retryable=False)
    assert "x failed; the other branches go on" in words(open_tab(reader, execution))


def test_every_attempt_is_listed_with_its_error_and_traceback(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", each={"retry": {"max_attempts": 2}})
    fail_attempt(execution, "a", code="rate_limited")
    retry_now(execution, "a")
    error = {"code": "handler_error", "message": "ValueError: <no>", "traceback": "Traceback (most recent call last)"}
    fail_attempt(execution, "a", error=error)
    page = open_tab(reader, execution)
    assert "a failed after 2 attempts" in words(page)
    assert "rate_limited" in page
    assert page.count("Traceback (most recent call last)") == 2  # of the task, and of its last attempt
    assert "ValueError: &lt;no&gt;" in page


def test_the_same_error_in_other_runs_is_counted(make_execution: MakeExecution, reader: Client) -> None:
    execution, *_ = [make_execution("failed") for _ in range(3)]
    other = make_execution("queued")
    fail_attempt(other, "a", code="another", retryable=False)
    assert "The same error in 2 other runs of the last 30 days" in words(open_tab(reader, execution))
    assert "No other run of the last 30 days had this error" in words(open_tab(reader, other))


def test_the_last_good_run_and_what_changed_since_are_named(make_execution: MakeExecution, reader: Client) -> None:
    good = make_execution("completed")
    register_pipeline(pipeline=flow.define(flow.ONE, version="2"))
    execution = make_execution("failed", version="2")
    page = open_tab(reader, execution)
    assert "with version 1 instead of 2" in words(page)
    assert f"/executions/{good.pk}/" in page
    assert "?a=1&amp;b=2" in page


def test_running_it_again_says_what_is_run_and_what_reused(make_execution: MakeExecution, operator: Client) -> None:
    execution = make_execution("queued", graph=flow.CHAIN)
    complete_task(execution, "a")
    fail_attempt(execution, "b", retryable=False)
    text = words(open_tab(operator, execution))
    assert "Run again from what failed R 2 tasks to run, 1 result reused" in text


def test_with_nothing_to_reuse_only_the_whole_is_offered(make_execution: MakeExecution, operator: Client) -> None:
    text = words(open_tab(operator, make_execution("failed")))
    assert "from what failed" not in text.lower()
    assert "With the same input" in text


def test_an_execution_that_ran_out_of_time_says_so(make_execution: MakeExecution, reader: Client) -> None:
    text = words(open_tab(reader, make_execution("timed_out")))
    assert "run_timed_out" in text
    assert "Give the pipeline a longer timeout." in text


def test_a_cancelled_execution_did_not_fail(make_execution: MakeExecution, reader: Client) -> None:
    assert "What to look at" not in open_tab(reader, make_execution("cancelled"))


def test_an_output_that_does_not_fit_blames_no_task(make_execution: MakeExecution, reader: Client) -> None:
    mapping = {"output_mapping": {"x": "a_output.nothing"}}
    execution = make_execution("completed", global_parameters=mapping)
    assert Execution.objects.get(pk=execution.pk).status == "failed"
    text = words(open_tab(reader, execution))
    assert "No task failed, the execution as a whole did" in text
    assert "unresolved_reference" in text


def test_every_code_of_the_product_has_a_hint() -> None:
    """Those that a task run or an execution can end with."""
    engine = {
        *("attempt_timed_out", "queue_timed_out", "run_timed_out", "crashed_too_often", "process_lost"),
        *("handler_error", "no_handler", "unresolved_reference", "unstorable_value", "invalid_output"),
        *("invalid_parameters", "validation_failed", "model_unavailable", "unsupported_operation"),
    }
    hosted = {code for _, code, _, _ in faults.FAULTS} | {code for code, _, _ in faults.STATUSES.values()}
    hosted |= {fault[0] for fault in (faults.REFUSED, faults.BAD_REQUEST, faults.REDIRECTED, faults.MALFORMED)}
    assert (engine | hosted | {"output_truncated", "empty_reply"}) - HINTS.keys() == set()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("review_rejected", "reviewer's comment"),
        ("review_timed_out", "due_hours"),
        ("review_closed", "closed without a decision"),
        ("policy_not_found", "escalation policy"),
        ("output_not_a_dict", "return a dict"),
        ("missing_handler", "name the handler"),
    ],
)
def test_what_people_and_handlers_leave_undone_has_a_hint_of_its_own(code: str, said: str) -> None:
    assert said.lower() in hint_for(code).sentence.lower()


def test_a_code_of_somebodys_handler_says_where_to_look() -> None:
    assert "its message says what it means" in hint_for(TaskError.code + "_of_mine").sentence


def test_every_hint_points_to_a_place_that_is_there() -> None:
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    for hint in HINTS.values():
        if hint.heading:
            headings = [
                line.lstrip("#").strip(" `") for line in (root / hint.page).read_text().splitlines() if line[:1] == "#"
            ]
            assert hint.heading in headings, (hint.page, hint.heading)
