"""The commands: alerts, backtest_alert, metrics, health; for people and for programs."""

import re

import pytest

from monitoring.models import Alert, AlertRule, Silence
from monitoring.services import rollups, switch
from tests.commands.calling import call
from tests.engine import flow
from tests.monitoring.load import Load
from tests.monitoring.minutes import MINUTE, Clock, add

pytestmark = pytest.mark.django_db


@pytest.mark.one_database
def test_an_alert_that_fires_is_listed_and_makes_the_exit_code_one(clock: Clock) -> None:
    assert (call("alerts").code, call("alerts").out) == (0, "no alerts\n")
    add()
    clock.minute(ok=0, error=1)
    assert call("alerts").code == 1
    assert "error rate: 100.00%" in call("alerts").out
    (alert,) = call("alerts", "--json").document["alerts"]
    assert (alert["status"], alert["value"]) == ("firing", 1.0)
    assert call("alerts", "--acknowledge", str(alert["id"]), "--reason", "on it").code == 0
    assert call("alerts").code == 0
    assert Alert.objects.get().note == "on it"


@pytest.mark.one_database
def test_rules_can_be_listed_added_and_switched() -> None:
    assert "rules added" in call("alerts", "--ready-made").out
    number = AlertRule.objects.count()
    listed = call("alerts", "--rules", "--json").document["rules"]
    assert len(listed) == number
    assert "is off" in call("alerts", "--disable", str(listed[0]["id"])).out
    assert AlertRule.objects.filter(enabled=False).count() == 1
    assert "High error rate" in call("alerts", "--rules").out


@pytest.mark.one_database
def test_an_alert_can_be_silenced_for_a_while(clock: Clock) -> None:
    add()
    clock.minute(ok=0, error=1)
    alert = str(Alert.objects.get().pk)
    assert call("alerts", "--silence", alert).code == 2  # nobody said why
    assert call("alerts", "--silence", alert, "--reason", "deploying", "--for", "2h").code == 0
    assert "deploying" in call("alerts", "--silences").out
    assert call("alerts", "--end-silence", str(Silence.objects.get().pk)).code == 0
    assert call("alerts", "--silence", alert, "--reason", "x", "--for", "soon").code == 2


@pytest.mark.one_database
def test_what_is_not_there_is_said_with_a_code(clock: Clock) -> None:
    for words in (["--acknowledge", "7"], ["--disable", "7"], ["--end-silence", "7"]):
        called = call("alerts", *words, "--json")
        assert (called.code, called.document["error"]["code"].endswith("_not_found")) == (2, True)


@pytest.mark.one_database
def test_a_rule_can_be_tried_on_the_past_without_saving_it(clock: Clock) -> None:
    start = clock.now
    for error in (0, 5, 5, 0, 0):
        clock.minute(ok=5, error=error)
    period = ["--start", start.isoformat(), "--end", clock.now.isoformat()]
    found = call("backtest_alert", "--metric", "error_rate", "--threshold", "0.3", "--window", "60", *period)
    assert "1 incident, 2 messages to each channel, firing for 2 m 00 s in all" in found.out
    assert AlertRule.objects.count() == 0
    told = call("backtest_alert", "--metric", "error_rate", "--threshold", "0.6", "--window", "60", *period, "--json")
    assert told.document["incidents"] == []
    assert told.document["value_percentiles"]["max"] == 0.5
    assert call("backtest_alert", "--metric", "errors").code == 2


def test_metrics_are_shown_with_their_units_and_agree_with_the_rows(clock: Clock) -> None:
    Load(seed=4).write(30, clock.now, 10 * MINUTE)
    rollups.roll_up(budget_seconds=60)
    shown = call("metrics", "--last", "4h").out
    assert "execution_count" in shown
    by_pipeline = call("metrics", "error_rate", "--by", "pipeline", "--last", "4h", "--json").document["metrics"]
    assert [row["labels"]["pipeline"] for row in by_pipeline["error_rate"]] == ["alpha", "beta", "gamma"]
    assert "roll-ups and rows agree" in call("metrics", "--reconcile", "--last", "4h").out
    assert call("metrics", "--derive-again", "--reconcile", "--last", "3h").code == 0
    assert call("metrics", "eror_rate").code == 2
    assert "failed or timed out" in call("metrics", "--list").out


@pytest.mark.one_database
def test_health_names_what_is_wrong_and_exits_with_one() -> None:
    called = call("health")
    assert (called.code, "no execution was judged in 24 hours" in called.out) == (0, True)
    flow.start()
    called = call("health")
    assert called.code == 1
    assert "no worker is running" in called.out
    assert re.search(r"uptime: this process has run for \S+\s(m\S*\s\d\d\ss|s|h\s.*)", called.out)
    assert call("health", "--json").document["status"] == "failing"


@pytest.mark.one_database
def test_paused_monitoring_is_said_by_doctor() -> None:
    switch.set_active(active=False)
    assert "metrics: paused" in call("doctor").out


@pytest.mark.one_database
def test_a_channel_that_cannot_deliver_is_said_when_it_is_made() -> None:
    assert "may not arrive: EMAIL_URL" in call("alerts", "--channel", "mail", "email", "a@example.com").out
    told = call("alerts", "--channel", "hook", "webhook", "http://127.0.0.1:1/", "--json").document["done"]
    assert "ALERT_WEBHOOK_PRIVATE_HOSTS" in told
    assert call("alerts", "--channel", "out", "webhook", "https://hooks.example.com/").out == "channel out is there\n"
