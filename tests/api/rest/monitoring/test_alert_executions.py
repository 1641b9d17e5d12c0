"""The executions behind an alert over REST, and the alerts that an execution touched."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.clock import database_now
from monitoring.models import Alert, AlertRule
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.rollups import roll_up
from monitoring.services.rules import add_alert_rule
from orchestration.models import Execution
from tests.api.rest.asking import ROOT, problem
from tests.monitoring.load import Load

ALERTS, EXECUTIONS = f"{ROOT}/alerts", f"{ROOT}/executions"


@pytest.fixture
def alert(db: None) -> Alert:
    """Raised by the failures among thirty executions of the last hour."""
    Load(7, ("invoices", "contracts"), tasks=2).write(30, database_now() - timedelta(minutes=50), timedelta(minutes=45))
    while roll_up(budget_seconds=30):
        pass
    add_alert_rule(rule=AlertRule(name="Failures", metric_name="failure_count", threshold=0, window_seconds=7200))
    evaluate_rules()
    return Alert.objects.get()


def test_an_alert_has_the_worst_executions_behind_it(api: APIClient, alert: Alert) -> None:
    behind = api.get(f"{ALERTS}/{alert.pk}").json()["executions"]
    failed = Execution.objects.filter(status="failed")
    assert (behind["number"], behind["made_worse"], behind["is_cut"]) == (30, failed.count(), False)
    assert len(behind["worst"]) == 10
    assert [one["made_worse"] for one in behind["worst"]][: failed.count()] == [True] * min(10, failed.count())
    assert behind["worst"][0]["status"] == "failed"


def test_all_of_them_are_listed_and_filtered(api: APIClient, alert: Alert) -> None:
    listed = api.get(f"{ALERTS}/{alert.pk}/executions").json()["results"]
    assert {one["id"] for one in listed} == {str(key) for key in Execution.objects.values_list("pk", flat=True)}
    narrowed = api.get(f"{ALERTS}/{alert.pk}/executions", {"status": "failed", "pipeline": "invoices"}).json()
    assert {(one["status"], one["pipeline"]) for one in narrowed["results"]} == {("failed", "invoices")}
    problem(api.get(f"{ALERTS}/4711/executions"), 404, "alert_not_found")


def test_an_execution_has_the_alerts_it_touched(api: APIClient, alert: Alert) -> None:
    failed = Execution.objects.filter(status="failed")[0]
    (touched,) = api.get(f"{EXECUTIONS}/{failed.pk}/alerts").json()
    assert (touched["alert"]["id"], touched["made_worse"]) == (alert.pk, True)
    Alert.objects.filter(pk=alert.pk).update(labels={"pipeline": "another"})
    assert api.get(f"{EXECUTIONS}/{failed.pk}/alerts").json() == []
    problem(api.get(f"{EXECUTIONS}/no-uuid/alerts"), 404, "execution_not_found")


@pytest.mark.one_database
def test_each_side_needs_the_permission_of_what_it_shows(make_user: Any, alert: Alert) -> None:
    execution = Execution.objects.first()
    assert execution is not None
    client = APIClient()
    client.force_authenticate(make_user("view_alert", name="alerts"))
    assert client.get(f"{ALERTS}/{alert.pk}").json()["executions"] is None
    assert client.get(f"{ALERTS}/{alert.pk}/executions").status_code == 403
    assert client.get(f"{EXECUTIONS}/{execution.pk}/alerts").status_code == 200
    client.force_authenticate(make_user("view_execution", name="executions"))
    assert client.get(f"{EXECUTIONS}/{execution.pk}/alerts").status_code == 403
    assert client.get(f"{ALERTS}/{alert.pk}/executions").status_code == 200
