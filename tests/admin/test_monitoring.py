"""Monitoring in the admin: every model has a list and a page, and verbs go through the services."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.clock import database_now
from monitoring.models import (
    Alert,
    AlertRule,
    Canary,
    Channel,
    Delivery,
    MonitoringSwitch,
    Notice,
    Silence,
    WorkerSample,
)
from monitoring.services.notices import write_notices
from monitoring.services.rollups import roll_up
from monitoring.services.switch import is_active, set_active
from monitoring.states import NoticeKind
from tests.admin.asking import (
    address_of,
    address_of_list,
    address_of_table_verb,
    do,
    listed,
    text_of,
    told,
    tools,
)
from tests.api.rest.monitoring.rows import fill_monitoring
from tests.monitoring.load import Load

MODELS = list(apps.get_app_config("monitoring").get_models())


@pytest.fixture
def alert(db: None) -> Alert:
    return fill_monitoring()[0]


@pytest.fixture
def everything(alert: Alert) -> None:
    """A row of each model."""
    now = database_now()
    Load(2, ("invoices",), tasks=1).write(5, now - timedelta(hours=1), timedelta(minutes=30))
    roll_up(budget_seconds=30)
    write_notices(rule=alert.rule, alert=alert, kind=NoticeKind.FIRING, now=now)
    Delivery.objects.create(notice=Notice.objects.all()[0], at=now, succeeded=False, said="refused", seconds=0.2)
    WorkerSample.objects.create(
        worker_id="w1", hostname="host", pid=7, processes=2, cpu_share=0.5, memory_bytes=10_000_000, at=now
    )
    Canary.objects.create(queue="default", sent_by="w1", sent_at=now)
    set_active(active=True)


def test_every_model_has_a_list_and_a_page(boss: Client, everything: None) -> None:
    for model in MODELS:
        rows = listed(boss, model)
        assert rows, f"the fixture makes one of each, and none of {model}"
        assert boss.get(address_of(rows[0])).status_code == 200, model
        assert admin.site.is_registered(model), model


def test_lists_ask_as_many_queries_for_many_rows_as_for_few(boss: Client, everything: None) -> None:
    def queries() -> list[int]:
        counted = []
        for model in MODELS:
            with CaptureQueriesContext(connection) as asked:
                boss.get(address_of_list(model))
            counted.append(len(asked))
        return counted

    boss.get(address_of_list(Alert))
    few = queries()
    now = database_now()
    for number in range(3):
        rule = AlertRule.objects.create(name=f"rule {number}", metric_name="error_rate", threshold=1)
        Alert.objects.create(rule=rule, status="firing", severity="info", started_at=now, bad_at=now, fired_at=now)
        Silence.objects.create(rule=rule, reason="x", starts_at=now, ends_at=now + timedelta(hours=1))
    assert queries() == few


def test_an_alert_is_acknowledged_and_ended_with_a_note(boss: Client, alert: Alert) -> None:
    assert tools(boss, alert) == ["Open its page", "Acknowledge", "Silence", "End"]
    assert told(do(boss, alert, "acknowledge", note="mine")) == ["1\u00a0alert acknowledged."]
    alert.refresh_from_db()
    assert (alert.status, alert.acknowledged_by, alert.note) == ("acknowledged", "boss", "mine")
    assert "it is acknowledged" in told(do(boss, alert, "acknowledge", note=""))[0]
    assert told(do(boss, alert, "resolve", note="over")) == ["1\u00a0alert ended."]
    assert "Ended (note: over)." in {entry.get_change_message() for entry in LogEntry.objects.all()}


def test_rules_and_alerts_are_silenced_and_silences_ended(boss: Client, alert: Alert) -> None:
    Silence.objects.all().delete()
    do(boss, alert, "silence", length="1 h", reason="known")
    do(boss, alert.rule, "silence", length="2 h", reason="move")
    assert list(Silence.objects.order_by("pk").values_list("reason", "created_by")) == [
        ("known", "boss"),
        ("move", "boss"),
    ]
    made = Silence.objects.get(reason="move")
    do(boss, made, "end")
    made.refresh_from_db()
    assert made.ends_at <= database_now()
    assert "it has ended" in told(do(boss, made, "end"))[0]


def test_a_rule_is_switched_and_deleted(boss: Client, alert: Alert) -> None:
    do(boss, alert.rule, "switch")
    assert not AlertRule.objects.get(pk=alert.rule_id).enabled
    do(boss, alert.rule, "delete")
    assert not AlertRule.objects.filter(pk=alert.rule_id).exists()


def test_the_log_channel_stays(boss: Client, alert: Alert) -> None:
    log = Channel.objects.get(pk="log")
    assert "the log is always there" in told(do(boss, log, "delete"))[0]
    do(boss, log, "switch")
    assert not Channel.objects.get(pk="log").enabled


def test_monitoring_is_paused_and_goes_on_after_a_look_at_what_that_means(boss: Client, db: None) -> None:
    address = address_of_table_verb(MonitoringSwitch, "switch")
    assert "Monitoring is paused." in text_of(boss.get(address))
    boss.post(address, {"previewed": '{"active": false}'})
    assert not is_active()
    boss.post(address, {"active": "on", "previewed": '{"active": true}'})
    assert is_active()


def test_nobody_writes_rows_by_hand(boss: Client, everything: None) -> None:
    for model in MODELS:
        assert boss.get(f"{address_of_list(model)}add/").status_code == 403
        assert boss.post(f"{address_of(model._default_manager.all()[0])}", {}).status_code == 403


def test_the_side_bar_leads_to_monitoring(boss: Client, db: None) -> None:
    said = text_of(boss.get("/admin/"))
    for title in ("Alerts", "Roll-ups", "Monitoring"):
        assert title in said
