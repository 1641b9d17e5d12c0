"""`executions` and `cancel`: lists, one in detail, and the end from outside."""

import pytest
from django.core.management.base import CommandError

from tests.commands.calling import call
from tests.engine import flow

pytestmark = pytest.mark.django_db


def test_without_executions_it_says_how_to_start_one() -> None:
    assert "run_pipeline" in call("executions").out


def test_the_list_is_newest_first_and_can_be_narrowed() -> None:
    first, second = flow.start(), flow.start()
    flow.complete(flow.take_task(first, "a", flow.claimant()), flow.claimant())
    listed = call("executions", "--json").document["executions"]
    assert [row["execution_id"] for row in listed] == [str(second.pk), str(first.pk)]
    done = call("executions", "--status", "completed", "--pipeline", "flow", "--json").document["executions"]
    assert [row["execution_id"] for row in done] == [str(first.pk)]
    assert len(call("executions", "--limit", "1", "--json").document["executions"]) == 1


def test_the_list_for_people_has_status_words_and_progress() -> None:
    execution = flow.start(flow.CHAIN)
    flow.complete(flow.take(flow.claimant()), flow.claimant())
    out = call("executions").out
    assert str(execution.pk) in out
    assert "1/3" in out
    assert "running" in out


def test_one_execution_is_shown_with_its_attempts_error_and_hint() -> None:
    execution = flow.start()
    flow.fail(flow.take(flow.claimant()), flow.claimant())
    called = call("executions", str(execution.pk), "--events")
    assert 'task "a": it broke' in called.out
    assert "1 (failed)" in called.out
    assert "task.failed" in called.out


def test_one_execution_in_json_has_every_attempt_and_event() -> None:
    execution = flow.start()
    flow.fail(flow.take(flow.claimant()), flow.claimant())
    document = call("executions", str(execution.pk), "--events", "--json").document
    assert document["tasks"]["a"]["attempts"][0]["error"]["code"] == "broken"
    assert document["events"][-1]["kind"] == "execution.failed"


def test_what_a_task_returned_cannot_command_the_terminal() -> None:
    execution = flow.start()
    flow.complete(flow.take(flow.claimant()), flow.claimant(), {"text": "\x1b]0;owned\x07 \u202e and [bold]markup"})
    out = call("executions", str(execution.pk)).out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "[bold]markup" in out


@pytest.mark.parametrize("command", ["executions", "cancel"])
@pytest.mark.parametrize("key", ["nonsense", "01a20000-0000-7000-8000-000000000000"])
def test_an_unknown_execution_exits_with_2(command: str, key: str) -> None:
    called = call(command, key)
    assert called.code == 2
    assert "there is no execution" in called.err


def test_cancel_ends_executions_and_keeps_the_reason() -> None:
    keys = [str(flow.start().pk) for _ in range(2)]
    assert call("cancel", *keys, "--reason", "not needed").code == 0
    document = call("executions", keys[0], "--json").document
    assert document["status"] == "cancelled"
    assert document["error"]["message"] == "not needed"


def test_an_id_given_twice_is_cancelled_once() -> None:
    key = str(flow.start().pk)
    called = call("cancel", key, key, "--json")
    assert (called.code, called.document) == (0, {"cancelled": {key: True}})


def test_a_mistyped_pipeline_is_no_empty_list() -> None:
    pipeline_id = flow.start().pipeline_id
    called = call("executions", "--pipeline", f"{pipeline_id}x")
    assert called.code == 2
    assert f'did you mean "{pipeline_id}"?' in called.err


@pytest.mark.parametrize(
    "words",
    [
        ("executions", "--limit", "0"),
        ("executions", "--limit", "-5"),
        ("executions", "--limit", "9" * 23),
        ("run_pipeline", "p", "--timeout", "-1"),
        ("rerun", "p", "--timeout", "nan"),
        ("serve", "--workers", "0"),
    ],
    ids=" ".join,
)
def test_a_number_that_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"give a (whole )?number"):
        call(*words)


def test_cancelling_what_has_ended_exits_with_1() -> None:
    key = str(flow.start().pk)
    call("cancel", key)
    called = call("cancel", key, "--json")
    assert called.code == 1
    assert called.document == {"cancelled": {key: False}}


def test_one_unknown_id_cancels_none() -> None:
    execution = flow.start()
    assert call("cancel", str(execution.pk), "nonsense").code == 2
    assert not flow.reload(execution).is_terminal
