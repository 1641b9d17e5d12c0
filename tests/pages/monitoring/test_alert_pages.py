"""Alerts and silences on the pages: seen, taken, silenced, ended; each by the services, told and kept."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from common.clock import database_now
from monitoring.models import Alert, AlertRule, Channel, Silence
from monitoring.services.alerts import acknowledge_alert
from monitoring.services.evaluating import evaluate_rules
from orchestration.models import Execution
from tests.pages.execution_pages import words

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def test_an_alert_tells_value_limit_rule_and_what_to_do(watcher: Client, firing: Alert) -> None:
    page = watcher.get(f"/monitoring/alerts/{firing.pk}/").content.decode()
    for said in (firing.message, "Look at the overview.", "Failures", "nobody has taken it", "Failure count above 0"):
        assert said in page
    assert "Take it" not in page


def test_a_list_of_alerts_has_one_primary_button_and_names_each_rule_once(engineer: Client, firing: Alert) -> None:
    listed = engineer.get("/monitoring/alerts/").content.decode()
    assert re.findall(r'btn--primary" href="([^"]+)"', listed) == ["/monitoring/rules/new/"]
    assert listed.count(f" · {firing.rule.name}<") == 1


def test_taking_an_alert_names_who_looks_after_it(engineer: Client, firing: Alert) -> None:
    answer = engineer.post(f"/monitoring/alerts/{firing.pk}/acknowledge/", {"note": "on it"}, follow=True)
    assert "You have taken it." in answer.content.decode()
    firing.refresh_from_db()
    assert (firing.status, firing.acknowledged_by, firing.note) == ("acknowledged", "engineer", "on it")


def test_taking_what_somebody_took_says_who(engineer: Client, firing: Alert) -> None:
    acknowledge_alert(alert_id=firing.pk, by="mira")
    answer = engineer.post(f"/monitoring/alerts/{firing.pk}/acknowledge/", {}, follow=True)
    assert "acknowledged by mira" in answer.content.decode()


def test_ending_an_alert_moves_it_to_what_is_over(engineer: Client, firing: Alert) -> None:
    engineer.post(f"/monitoring/alerts/{firing.pk}/resolve/", {"note": "false alarm"})
    firing.refresh_from_db()
    assert firing.status == "resolved"
    assert firing.transitions.order_by("-pk")[0].reason == "false alarm"
    assert "Failures" in engineer.get("/monitoring/alerts/?state=past").content.decode()
    assert "No alert is open" in engineer.get("/monitoring/alerts/").content.decode()


def test_an_alert_ended_too_early_comes_back_as_a_new_one(engineer: Client, firing: Alert) -> None:
    engineer.post(f"/monitoring/alerts/{firing.pk}/resolve/", {})
    evaluate_rules(now=database_now() + timedelta(minutes=1))
    assert Alert.objects.exclude(pk=firing.pk).get().status == "firing"


def test_silencing_asks_for_a_length_and_a_reason(engineer: Client, firing: Alert) -> None:
    address = f"/monitoring/alerts/{firing.pk}/silence/"
    refused = engineer.post(address, {"length": "soon", "reason": ""})
    assert refused.status_code == 422
    assert "Write a length of time" in refused.content.decode()
    engineer.post(address, {"length": "90 min", "reason": "maintenance"})
    made = Silence.objects.get()
    assert (made.rule_id, made.reason, made.created_by) == (firing.rule_id, "maintenance", "engineer")
    assert made.ends_at - made.starts_at == timedelta(minutes=90)


def test_a_silence_for_maintenance_names_a_rule_or_a_pipeline(engineer: Client, firing: Alert) -> None:
    refused = engineer.post("/monitoring/silences/new/", {"length": "2 h", "reason": "move"})
    assert "Choose a rule, a pipeline or both" in refused.content.decode()
    engineer.post("/monitoring/silences/new/", {"length": "2 h", "reason": "move", "pipeline": "invoices"})
    assert Silence.objects.get().pipeline == "invoices"


def test_a_silence_is_ended_from_the_list(engineer: Client, firing: Alert) -> None:
    engineer.post("/monitoring/silences/new/", {"length": "2 h", "reason": "move", "rule": str(firing.rule_id)})
    made = Silence.objects.get()
    assert "move" in engineer.get("/monitoring/alerts/").content.decode()
    engineer.post(f"/monitoring/silences/{made.pk}/end/")
    assert "Nothing is silenced." in engineer.get("/monitoring/alerts/").content.decode()


def test_who_only_looks_cannot_act(watcher: Client, firing: Alert) -> None:
    for verb in ("acknowledge", "resolve", "silence"):
        assert watcher.post(f"/monitoring/alerts/{firing.pk}/{verb}/", {}).status_code == 403


def test_an_alert_that_is_not_there_says_so(engineer: Client) -> None:
    page = engineer.get("/monitoring/alerts/4711/")
    assert page.status_code == 404
    assert "There is no alert 4711." in page.content.decode()


def test_an_alert_of_a_rule_that_measures_nothing_any_more_still_opens(watcher: Client, firing: Alert) -> None:
    AlertRule.objects.filter(pk=firing.rule_id).update(group_by="model")
    assert watcher.get(f"/monitoring/alerts/{firing.pk}/").status_code == 200


def test_the_overview_shows_alerts_and_cost(engineer: Client, firing: Alert) -> None:
    page = engineer.get("/").content.decode()
    assert "Alerts and cost" in page
    assert firing.message in page
    assert "in the last 24 hours" in page


def test_the_overview_of_who_may_not_see_alerts_has_none(reader: Client, firing: Alert) -> None:
    assert firing.message not in reader.get("/").content.decode()


def test_an_execution_shows_the_alerts_that_counted_it(
    engineer: Client, make_client: Callable[..., Client], firing: Alert
) -> None:
    failed = Execution.objects.filter(status="failed")[0]
    completed = Execution.objects.filter(status="completed", pipeline_id="invoices")[0]
    page = engineer.get(f"/executions/{failed.pk}/").content.decode()
    assert "Alerts it touched" in page
    assert f'href="/monitoring/alerts/{firing.pk}/"' in page
    assert "This execution made it worse." in page
    assert "nothing was wrong with it" in engineer.get(f"/executions/{completed.pk}/").content.decode()
    Alert.objects.filter(pk=firing.pk).update(labels={"pipeline": "contracts"})
    assert "Alerts it touched" not in engineer.get(f"/executions/{completed.pk}/").content.decode()
    reader = make_client("view_execution", name="no alerts")
    assert "Alerts it touched" not in reader.get(f"/executions/{failed.pk}/").content.decode()


def test_the_side_bar_counts_what_fires_and_is_nobodys(
    engineer: Client, firing: Alert, make_client: Callable[..., Client]
) -> None:
    def counted(browser: Client) -> int:
        page = browser.get("/monitoring/performance/").context
        entries = [entry for _, part in page["navigation"] for entry in part if entry.item.label == "Monitoring"]
        return int(entries[0].count)

    assert counted(engineer) == 1
    assert counted(make_client("view_rollup")) == 0


def test_an_alert_lists_the_worst_executions_behind_it(engineer: Client, watcher: Client, firing: Alert) -> None:
    address = f"/monitoring/alerts/{firing.pk}/"
    page = engineer.get(address).content.decode()
    said = words(page).replace("\u00a0", " ")
    failed = Execution.objects.filter(status="failed").order_by("-finished_at")
    assert f"Failure count counted 30 executions; {failed.count()} of them made it worse." in said
    for execution in failed[:5]:
        assert f'href="/executions/{execution.pk}/"' in page
    assert "Executions behind it" not in watcher.get(address).content.decode(), "may not see executions"
    links = re.findall(r'href="(/executions/\?[^"]+)">([^<]+)<', page)
    assert [said for _, said in links] == ["All executions in that time", "Failed executions in that time"]
    listed = [engineer.get(unescape(address)).content.decode() for address, _ in links]
    assert listed[0].count('<tr role="row" id=') == 30, "all of them"
    assert listed[1].count('<tr role="row" id=') == failed.count()


def test_an_alert_that_nothing_was_counted_for_says_so(engineer: Client, firing: Alert) -> None:
    Alert.objects.filter(pk=firing.pk).update(labels={"pipeline": "nobody's"})
    assert "counted no execution in that time" in engineer.get(f"/monitoring/alerts/{firing.pk}/").content.decode()


def test_an_alert_about_workers_has_no_executions(engineer: Client, firing: Alert) -> None:
    AlertRule.objects.filter(pk=firing.rule_id).update(metric_name="workers")
    assert "Executions behind it" not in engineer.get(f"/monitoring/alerts/{firing.pk}/").content.decode()


def test_the_log_channel_cannot_be_deleted_by_its_address(make_client: Callable[..., Client], firing: Alert) -> None:
    client = make_client("delete_channel", "view_notice")
    told = client.post("/monitoring/messages/channels/log/delete/", follow=True)
    assert "is always there" in told.content.decode()
    assert Channel.objects.filter(pk="log").exists()
