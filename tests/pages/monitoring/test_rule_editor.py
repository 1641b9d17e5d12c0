"""The rule editor: what it shows before saving, what it refuses, what it saves."""

from typing import Any

import pytest
from django.test import Client

from monitoring.forms import offered
from monitoring.models import Alert, AlertRule, Channel
from monitoring.services.channels import save_channel
from monitoring.services.rules import add_alert_rule
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.monitoring.load import Written

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

FORM: dict[str, Any] = {
    "name": "Many failures",
    "pipeline": "",
    "task": "",
    "model": "",
    "group_by": "pipeline",
    "metric_name": "error_rate",
    "operator": ">",
    "threshold": "1",
    "resolve_threshold": "0.5",
    "window_seconds": "3 h",
    "for_seconds": "0",
    "keep_firing_seconds": "0 s",
    "cooldown_seconds": "5 min",
    "minimum_samples": "0",
    "no_data": "ok",
    "severity": "error",
    "message_template": "{pipeline}: {current_value:.1%}",
    "channels": ["log"],
    "runbook": "",
    "enabled": "on",
}


def test_a_back_test_shows_where_it_would_have_fired_and_saves_nothing(engineer: Client, day: Written) -> None:
    page = engineer.post("/monitoring/rules/new/", {**FORM, "try": "yes"})
    shown = page.context["preview"]
    assert shown.title.startswith("Would have fired")
    assert shown.chart.bands
    assert shown.chart.limit == 1.0
    assert shown.message.endswith("%")
    assert not AlertRule.objects.exists()


def test_a_high_threshold_would_not_have_fired(engineer: Client, day: Written) -> None:
    page = engineer.post("/monitoring/rules/new/", {**FORM, "threshold": "99", "resolve_threshold": "", "try": "yes"})
    assert page.context["preview"].title == "Would not have fired in the last 24 hours"


def test_saving_keeps_shares_as_shares_and_lengths_as_seconds(engineer: Client, db: None) -> None:
    engineer.post("/monitoring/rules/new/", {**FORM, "save": "yes"})
    made = AlertRule.objects.get()
    assert (made.threshold, made.resolve_threshold) == pytest.approx((0.01, 0.005))
    assert (made.window_seconds, made.cooldown_seconds) == (10_800, 300)
    page = engineer.get(f"/monitoring/rules/{made.pk}/").content.decode()
    assert 'name="window_seconds" value="3 h"' in page
    assert 'name="threshold" value="1"' in page


def test_changing_a_rule_keeps_its_number(engineer: Client, db: None) -> None:
    engineer.post("/monitoring/rules/new/", {**FORM, "save": "yes"})
    made = AlertRule.objects.get()
    engineer.post(f"/monitoring/rules/{made.pk}/", {**FORM, "name": "Fewer", "threshold": "2", "save": "yes"})
    changed = AlertRule.objects.get()
    assert (changed.pk, changed.name) == (made.pk, "Fewer")
    assert changed.threshold == pytest.approx(0.02)


def test_a_name_that_is_taken_is_refused_beside_the_field(engineer: Client, db: None) -> None:
    engineer.post("/monitoring/rules/new/", {**FORM, "save": "yes"})
    refused = engineer.post("/monitoring/rules/new/", {**FORM, "threshold": "5", "save": "yes"})
    assert refused.status_code == 422
    assert "There is a rule" in str(refused.context["form"].errors["name"])
    assert AlertRule.objects.get().threshold == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("window_seconds", "ten", "Write a length of time"),
        ("window_seconds", "10 s", "From 1 min"),
        ("resolve_threshold", "5", "Has to be below the threshold"),
        ("message_template", "{current_value.__class__}", "no field of a message"),
        ("group_by", "model", "is not kept by"),
        ("threshold", "", "required"),
        ("threshold", "nan", "Enter a number"),
    ],
)
def test_mistakes_stand_beside_their_fields(engineer: Client, db: None, field: str, value: str, said: str) -> None:
    refused = engineer.post("/monitoring/rules/new/", {**FORM, field: value, "save": "yes"})
    assert refused.status_code == 422
    assert said in " ".join(refused.context["form"].errors[field])
    assert not AlertRule.objects.exists()


def test_who_may_only_look_can_replay_and_not_save(watcher: Client, firing: Alert) -> None:
    address = f"/monitoring/rules/{firing.rule_id}/"
    page = watcher.post(address, {**FORM, "save": "yes"})
    assert page.context["preview"] is not None
    assert "Save rule" not in page.content.decode()
    assert AlertRule.objects.get().name == "Failures"


def test_a_copy_begins_with_what_the_other_says(engineer: Client, firing: Alert) -> None:
    page = engineer.get("/monitoring/rules/new/", {"copy": firing.rule_id})
    assert page.context["form"].initial["metric_name"] == "failure_count"


def test_ready_made_rules_are_added_once(engineer: Client, db: None) -> None:
    assert "ready-made rules are not installed" in engineer.get("/monitoring/rules/").content.decode()
    engineer.post("/monitoring/rules/ready-made/")
    number = AlertRule.objects.count()
    assert number >= 9
    engineer.post("/monitoring/rules/ready-made/")
    assert AlertRule.objects.count() == number
    assert "ready-made rules are not installed" not in engineer.get("/monitoring/rules/").content.decode()


def test_a_rule_is_switched_off_and_on_from_the_list(engineer: Client, firing: Alert) -> None:
    for word, is_on in (("no", False), ("yes", True)):
        engineer.post(f"/monitoring/rules/{firing.rule_id}/switch/", {"enabled": word})
        assert AlertRule.objects.get().enabled is is_on


def test_deleting_a_rule_asks_first(engineer: Client, firing: Alert) -> None:
    address = f"/monitoring/rules/{firing.rule_id}/delete/"
    assert "are deleted too" in engineer.get(address).content.decode()
    assert AlertRule.objects.exists()
    engineer.post(address)
    assert not AlertRule.objects.exists()


def test_a_channel_is_made_changed_and_deleted(engineer: Client, db: None) -> None:
    refused = engineer.post("/monitoring/messages/channels/new/", {"name": "ops", "kind": "email", "target": "nobody"})
    assert refused.status_code == 422
    sent = {"name": "ops", "kind": "email", "target": "ops@example.com", "enabled": "on"}
    saved = engineer.post("/monitoring/messages/channels/new/", sent, follow=True)
    assert "EMAIL_URL names no mail server" in saved.content.decode()
    engineer.post("/monitoring/messages/channels/ops/", {**sent, "target": "others@example.com"})
    assert Channel.objects.get().target == "others@example.com"
    engineer.post("/monitoring/messages/channels/ops/delete/")
    assert not Channel.objects.exists()


def test_messages_show_what_was_given_up(watcher: Client, firing: Alert) -> None:
    save_channel(name="ops", kind="email", target="ops@example.com")
    page = watcher.get("/monitoring/messages/").content.decode()
    assert "ops@example.com" in page
    assert "Add a channel" not in page


def test_rules_are_found_by_name_metric_and_pipeline(engineer: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    for name, of in (("High error rate", None), ("Late", "flow")):
        add_alert_rule(rule=AlertRule(name=name, metric_name="sla_miss_rate", threshold=0.1), pipeline_id=of)

    def found(text: str) -> list[str]:
        return [row["rule"].name for row in engineer.get("/monitoring/rules/", {"q": text}).context["rows"]]

    assert found("HIGH") == ["High error rate"]
    assert found("sla_miss") == ["High error rate", "Late"]
    assert found("low") == ["Late"]
    assert found("nothing") == []


def test_a_share_above_a_hundred_per_cent_is_refused_in_per_cent(engineer: Client, db: None) -> None:
    page = engineer.post("/monitoring/rules/new/", {**FORM, "threshold": "1000", "save": "yes"})
    assert page.status_code == 422
    assert page.context["form"].errors["threshold"] == ["At most 100 %."]


def test_a_rule_keeps_its_pipeline_and_channel_past_those_that_are_offered(
    engineer: Client, day: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered, "MOST_CHOICES", 1)
    save_channel(name="a", kind="email", target="ops@example.com")
    saved = add_alert_rule(
        rule=AlertRule(name="x", metric_name="error_rate", threshold=0.1, channels=["log"]), pipeline_id="invoices"
    )
    page = engineer.get(f"/monitoring/rules/{saved.pk}/").content.decode()
    assert '<option value="invoices" selected>' in page
    form = {**FORM, "name": "x", "group_by": "", "pipeline": "invoices", "save": "yes"}
    engineer.post(f"/monitoring/rules/{saved.pk}/", form)
    saved.refresh_from_db()
    assert (saved.pipeline_id, saved.channels, saved.threshold) == ("invoices", ["log"], 0.01)


def test_maintenance_offers_what_its_link_names(
    engineer: Client, day: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered, "MOST_CHOICES", 1)
    rules = [add_alert_rule(rule=AlertRule(name=name, metric_name="error_rate", threshold=0.1)) for name in "ab"]
    page = engineer.get(f"/monitoring/silences/new/?rule={rules[1].pk}&pipeline=invoices").content.decode()
    assert f'<option value="{rules[1].pk}" selected>' in page
    assert '<option value="invoices" selected>' in page
