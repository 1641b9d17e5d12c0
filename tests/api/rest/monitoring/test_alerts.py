"""`/alerts` and `/silences`: what fires is listed, taken, ended, silenced."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.clock import database_now
from monitoring.models import Alert, Silence
from tests.api.rest.asking import ROOT, post, problem
from tests.api.rest.monitoring.rows import fill_monitoring

ALERTS, SILENCES = f"{ROOT}/alerts", f"{ROOT}/silences"


@pytest.fixture
def alert(db: None) -> Alert:
    return fill_monitoring()[0]


def soon() -> str:
    return (database_now() + timedelta(hours=2)).isoformat().replace("+00:00", "Z")


def test_alerts_are_listed_and_filtered(api: APIClient, alert: Alert) -> None:
    listed = api.get(ALERTS, {"status": "firing", "severity": "warning", "rule": str(alert.rule_id)}).json()["results"]
    assert [(row["id"], row["rule_name"], row["status"]) for row in listed] == [(alert.pk, "Nothing happens", "firing")]
    assert api.get(ALERTS, {"status": "resolved"}).json()["results"] == []
    problem(api.get(ALERTS, {"status": "burning"}), 400)


@pytest.mark.one_database
def test_an_alert_tells_its_history(api: APIClient, alert: Alert) -> None:
    body = api.get(f"{ALERTS}/{alert.pk}").json()
    assert [(move["status"], move["value"]) for move in body["transitions"]] == [("firing", 0.0)]
    problem(api.get(f"{ALERTS}/4711"), 404, "alert_not_found")


@pytest.mark.one_database
def test_an_alert_is_acknowledged_once(api: APIClient, alert: Alert) -> None:
    body = post(api, f"{ALERTS}/{alert.pk}/acknowledge", {"note": "mine"}).json()
    assert (body["status"], body["acknowledged_by"], body["note"]) == ("acknowledged", "engineer", "mine")
    problem(post(api, f"{ALERTS}/{alert.pk}/acknowledge", {}), 409, "alert_moved")


@pytest.mark.one_database
def test_an_alert_is_ended_once(api: APIClient, alert: Alert) -> None:
    body = post(api, f"{ALERTS}/{alert.pk}/resolve", {"note": "false alarm"}).json()
    assert body["status"] == "resolved"
    assert body["transitions"][0]["by"] == "engineer"
    problem(post(api, f"{ALERTS}/{alert.pk}/resolve", {}), 409, "alert_moved")


@pytest.mark.one_database
def test_an_alert_is_silenced_until_a_time(api: APIClient, alert: Alert) -> None:
    made = post(api, f"{ALERTS}/{alert.pk}/silence", {"reason": "known", "ends_at": soon()})
    assert made.status_code == 201
    assert (made.json()["rule"], made.json()["created_by"]) == (alert.rule_id, "engineer")
    past = {"reason": "known", "ends_at": "2020-01-01T00:00:00Z"}
    problem(post(api, f"{ALERTS}/{alert.pk}/silence", past), 422, "invalid_silence")


@pytest.mark.one_database
def test_silences_are_made_listed_and_ended(api: APIClient, alert: Alert) -> None:
    made = post(api, SILENCES, {"rule": alert.rule_id, "reason": "move", "ends_at": soon()}).json()
    assert made["id"] in [row["id"] for row in api.get(SILENCES, {"current": "true"}).json()["results"]]
    assert api.delete(f"{SILENCES}/{made['id']}").status_code == 204
    problem(api.delete(f"{SILENCES}/{made['id']}"), 404, "silence_not_found")
    assert made["id"] in [row["id"] for row in api.get(SILENCES, {"current": "false"}).json()["results"]]


@pytest.mark.one_database
def test_a_silence_names_something(api: APIClient, alert: Alert) -> None:
    before = Silence.objects.count()
    problem(post(api, SILENCES, {"reason": "all", "ends_at": soon()}), 422, "invalid_silence")
    problem(post(api, SILENCES, {"rule": 4711, "reason": "all", "ends_at": soon()}), 404, "alert_rule_not_found")
    assert Silence.objects.count() == before


@pytest.mark.one_database
def test_each_verb_needs_its_permission(make_user: Any, alert: Alert) -> None:
    client = APIClient()
    client.force_authenticate(make_user("view_alert"))
    assert client.get(f"{ALERTS}/{alert.pk}").status_code == 200
    for verb in ("acknowledge", "resolve", "silence"):
        problem(post(client, f"{ALERTS}/{alert.pk}/{verb}", {}), 403)
    problem(client.get(SILENCES), 403)


def test_alerts_that_began_together_are_paged_without_gaps(api: APIClient, alert: Alert) -> None:
    for number in range(5):
        columns = {"severity": "info", "status": "firing", "started_at": alert.started_at, "bad_at": alert.bad_at}
        Alert.objects.create(rule=alert.rule, group=f"g{number}", **columns)
    found, address = [], f"{ROOT}/alerts?page_size=2"
    while address:
        body = api.get(address).json()
        found += [row["id"] for row in body["results"]]
        address = body["next"]
    assert found == sorted(Alert.objects.values_list("pk", flat=True), reverse=True)
