"""What can be done with rows in the admin: asked first, done by the services, told and logged."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from orchestration.models import Blob, Execution, PipelineVersion, TaskRun, Worker
from orchestration.selectors.invariants import broken_invariants
from orchestration.services.pipelines import register_pipeline
from orchestration.services.tokens import create_token
from tests.admin.asking import (
    address_of,
    address_of_list,
    address_of_table_verb,
    address_of_verb,
    do,
    do_all,
    text_of,
    told,
    tools,
)
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from web.admin import asking


def test_a_live_execution_is_cancelled_with_a_reason(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("running")
    answer = do(boss, row, "cancel", reason="duplicate upload")
    assert told(answer) == ["1\xa0execution cancelled."]
    assert flow.reload(row).status == "cancelled"
    assert (flow.reload(row).error or {})["message"] == "duplicate upload"
    assert broken_invariants() == []


def test_what_is_done_is_kept_in_the_log(boss: Client, make_execution: MakeExecution) -> None:
    do(boss, make_execution("running"), "cancel", reason="duplicate upload")
    entry = LogEntry.objects.get()
    assert (entry.user.get_username(), entry.get_change_message()) == ("boss", "Cancelled (reason: duplicate upload).")


def test_nothing_happens_before_it_is_confirmed(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("running", options={"title": "Lease pack"})
    asked = text_of(boss.get(address_of_verb(row, "cancel")))
    assert "Cancel: Lease pack" in asked
    assert "Kept with the execution" in asked
    assert flow.reload(row).status == "running"


def test_several_are_cancelled_and_the_rest_is_told_with_reasons(boss: Client, make_execution: MakeExecution) -> None:
    rows = [make_execution("running"), make_execution("pending"), make_execution("completed")]
    asked = text_of(do_all(boss, rows, "cancel"))
    assert "2 of 3" in asked
    assert "it has ended (completed)" in asked
    done = told(do_all(boss, rows, "cancel", confirmed="yes", reason=""))
    assert done[0] == "2\xa0executions cancelled."
    assert done[1].startswith("1\xa0execution not cancelled: flow (")
    assert done[1].endswith("): it has ended (completed).")
    assert [flow.reload(row).status for row in rows] == ["cancelled", "cancelled", "completed"]


def test_when_nothing_can_be_done_there_is_no_button(boss: Client, make_execution: MakeExecution) -> None:
    page = boss.get(address_of_verb(make_execution("completed"), "cancel"))
    assert "it has ended (completed)" in text_of(page)
    assert "<button" not in page.content.decode().partition('<div class="ask">')[2].partition("</form>")[0]


def test_an_execution_is_paused_and_resumed(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("pending")
    assert told(do(boss, row, "pause", reason="hold on")) == ["1\xa0execution paused."]
    assert flow.reload(row).status == "paused"
    assert told(do(boss, row, "resume")) == ["1\xa0execution resumed."]
    assert flow.reload(row).status == "pending"
    kinds = [kind for kind in flow.event_kinds(row) if kind.startswith("execution.")]
    assert kinds[-2:] == ["execution.paused", "execution.resumed"]


def test_running_again_leads_to_the_new_execution(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("failed", options={"title": "Lease pack"})
    answer = do(boss, row, "rerun", part="", version="")
    again = Execution.objects.get(rerun_of=row)
    assert answer.redirect_chain[-1][0] == address_of(again)
    assert (again.title, again.trigger, again.started_by) == ("Lease pack", "page", "boss")


def test_a_second_click_starts_nothing_more(boss: Client, make_execution: MakeExecution) -> None:
    row = make_execution("failed")
    once = boss.get(address_of_verb(row, "rerun")).context["form"]["once"].value()
    answers = [do(boss, row, "rerun", part="", version="", once=str(once)) for _ in range(2)]
    again = Execution.objects.get(rerun_of=row)
    assert [answer.redirect_chain[-1][0] for answer in answers] == [address_of(again)] * 2
    assert "once" not in " ".join(entry.get_change_message() for entry in LogEntry.objects.all())


def test_only_what_has_no_result_runs_again(boss: Client, make_execution: MakeExecution) -> None:
    row = flow.start(flow.CHAIN)
    who = flow.claimant()
    flow.complete(flow.take_task(row, "a", who), who, {"x": 1})
    flow.fail(flow.take_task(row, "b", who), who)
    do(boss, row, "rerun", part="failed", version="")
    again = Execution.objects.get(rerun_of=row)
    assert flow.statuses(again) == {"a": "completed", "b": "queued", "c": "pending"}


def test_a_service_that_refuses_is_quoted(boss: Client, make_execution: MakeExecution) -> None:
    (message,) = told(do(boss, make_execution("completed"), "rerun", part="failed", version=""))
    assert message.startswith("1\xa0execution not started again: flow (")
    assert "every task of execution" in message


def test_buttons_are_those_that_can_be_used_now(boss: Client, make_execution: MakeExecution) -> None:
    assert tools(boss, make_execution("running")) == ["Open its page", "Run again", "Pause", "Cancel"]
    assert tools(boss, make_execution("paused")) == ["Open its page", "Run again", "Resume", "Cancel"]
    assert tools(boss, make_execution("completed")) == ["Open its page", "Run again", "Delete"]


def test_only_what_has_ended_is_deleted(boss: Client, make_execution: MakeExecution) -> None:
    ended, live = make_execution("completed"), make_execution("running")
    messages = told(do_all(boss, [ended, live], "delete", confirmed="yes"))
    assert messages[0] == "1\xa0execution deleted."
    assert "it has not ended (running); cancel it first" in messages[1]
    assert list(Execution.objects.all()) == [live]
    assert LogEntry.objects.get().action_flag == 3


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "rerun", "delete"])
def test_a_verb_asks_for_its_permission(staff: Callable[..., Client], make_execution: MakeExecution, verb: str) -> None:
    row, viewer = make_execution("running"), staff("view_execution")
    assert viewer.get(address_of_verb(row, verb)).status_code == 403
    assert viewer.post(address_of_verb(row, verb), {"confirmed": "yes"}).status_code == 403
    do_all(viewer, [row], verb, confirmed="yes")
    assert flow.reload(row).status == "running"
    assert tools(viewer, row) == ["Open its page"]


def test_holding_the_permission_is_enough(staff: Callable[..., Client], make_execution: MakeExecution) -> None:
    row = make_execution("running")
    do(staff("view_execution", "change_execution"), row, "cancel", reason="")
    assert flow.reload(row).status == "cancelled"


def test_who_may_act_but_not_look_is_refused(staff: Callable[..., Client], make_execution: MakeExecution) -> None:
    assert staff("add_execution").get(address_of_verb(make_execution("running"), "rerun")).status_code == 403


def test_too_many_rows_at_once_are_refused(
    boss: Client, make_execution: MakeExecution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_ROWS", 1)
    rows = [make_execution("running"), make_execution("running")]
    assert told(do_all(boss, rows, "cancel", confirmed="yes", reason="")) == [
        "At most 1 rows at once; filter the list so that it has fewer."
    ]


def test_a_key_that_is_none_is_told(boss: Client, make_execution: MakeExecution) -> None:
    make_execution()
    chosen = {"action": "cancel", "_selected_action": ["odd"], "confirmed": "yes"}
    answer = boss.post(address_of_list(Execution), chosen, follow=True)
    assert "no key" in told(answer)[0]


@pytest.mark.parametrize("address", ["odd/_do/cancel/", "_all/odd/"])
def test_an_address_of_nothing_is_not_found(boss: Client, address: str) -> None:
    assert boss.get(address_of_list(Execution) + address).status_code == 404


def test_an_earlier_version_is_made_current(boss: Client) -> None:
    first = register_pipeline(pipeline=flow.define(flow.ONE))
    second = register_pipeline(pipeline=flow.define(flow.CHAIN))
    assert tools(boss, second) == []
    assert told(do(boss, first, "make-current")) == ["1\xa0pipeline version made current."]
    assert PipelineVersion.objects.get(pk=first.pk).pipeline.current_version == first


def test_old_executions_are_pruned_after_a_look_at_how_many(boss: Client, make_execution: MakeExecution) -> None:
    old, young, live = make_execution("completed"), make_execution("completed"), make_execution("running")
    past = timezone.now() - timedelta(days=10)
    Execution.objects.filter(pk=old.pk).update(created_at=past, finished_at=past)
    address = address_of_table_verb(Execution, "prune")
    assert "0 executions ended more than 90 days ago" in text_of(boss.get(address))
    asked = boss.post(address, {"older_than_days": "5"})
    assert "1 execution ended more than 5 days ago" in text_of(asked)
    assert Execution.objects.count() == 3
    previewed = asked.context["previewed"]
    answer = boss.post(address, {"older_than_days": "5", "previewed": previewed}, follow=True)
    assert told(answer) == ["Deleted 1\xa0execution."]
    assert set(Execution.objects.all()) == {young, live}


def test_other_answers_than_those_previewed_are_previewed_again(boss: Client, make_execution: MakeExecution) -> None:
    make_execution("completed")
    address = address_of_table_verb(Execution, "prune")
    previewed = boss.get(address).context["previewed"]
    boss.post(address, {"older_than_days": "0", "previewed": previewed})
    assert Execution.objects.count() == 1


@pytest.mark.parametrize("days", ["", "-1", "x", "nan", "1e400"])
def test_a_retention_that_is_none_is_told_beside_the_field(boss: Client, days: str) -> None:
    page = boss.post(address_of_table_verb(Execution, "prune"), {"older_than_days": days})
    assert 'class="errorlist"' in page.content.decode()


def test_gone_workers_and_orphans_are_pruned(boss: Client) -> None:
    flow.claimant("gone")
    Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    Blob.objects.create(digest="0" * 64, size=3, content=b"", touched_at="2020-01-01T00:00:00Z")
    for model, verb in ((Worker, "prune-gone"), (Blob, "prune-orphans")):
        address = address_of_table_verb(model, verb)
        boss.post(address, {"previewed": boss.get(address).context["previewed"]})
        assert not model._default_manager.exists()


def test_pruning_asks_for_the_permission_to_delete(staff: Callable[..., Client]) -> None:
    viewer = staff("view_execution")
    assert viewer.get(address_of_table_verb(Execution, "prune")).status_code == 403
    assert "Prune" not in text_of(viewer.get(address_of_list(Execution)))


def test_all_tokens_of_somebody_are_revoked(boss: Client) -> None:
    user = User.objects.create_user("program")
    create_token(user=user, days=None)
    do(boss, user, "revoke-tokens")
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("model", [Execution, TaskRun, Worker], ids=str)
def test_no_row_of_the_engine_is_added_or_deleted_by_hand(
    boss: Client, make_execution: MakeExecution, model: Any
) -> None:
    make_execution("completed")
    row = model._default_manager.first()
    assert boss.get(address_of_list(model) + "add/").status_code == 403
    assert boss.post(address_of(row), {"status": "completed"}).status_code == 403
    assert boss.get(address_of(row).replace("/change/", "/delete/")).status_code == 403
    assert "delete_selected" not in boss.get(address_of_list(model)).content.decode()
