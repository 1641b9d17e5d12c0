"""`/alert-rules`: made, read, changed, replayed, deleted; what is wrong is named by its place."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.clock import database_now
from monitoring.api import rules as views
from monitoring.models import AlertRule
from monitoring.services.changing import change_rule
from monitoring.services.rollups import roll_up
from tests.api.rest.asking import ROOT, codes, post, problem
from tests.monitoring.load import Load

RULES = f"{ROOT}/alert-rules"
RULE: dict[str, Any] = {"name": "Failures", "metric_name": "error_rate", "threshold": 0.1, "window_seconds": 3600}


def patch(api: APIClient, address: str, body: Any) -> Any:
    return api.patch(address, body, format="json")


@pytest.mark.one_database
def test_a_rule_is_made_and_read_with_every_option(api: APIClient) -> None:
    made = post(api, RULES, {**RULE, "severity": "critical", "resolve_threshold": 0.05, "channels": ["log"]})
    assert made.status_code == 201
    read = api.get(made["Location"]).json()
    assert read == made.json()
    assert (read["threshold"], read["resolve_threshold"], read["severity"]) == (0.1, 0.05, "critical")
    assert (read["pipeline"], read["cooldown_seconds"], read["enabled"]) == (None, 300, True)


def test_a_name_that_is_taken_is_a_conflict(api: APIClient) -> None:
    post(api, RULES, RULE)
    problem(post(api, RULES, RULE), 409, "alert_rule_exists")


@pytest.mark.one_database
def test_every_mistake_is_named_by_its_place(api: APIClient) -> None:
    body = {**RULE, "resolve_threshold": 0.5, "message_template": "{what}", "channels": ["nobody"], "group_by": "model"}
    told = problem(post(api, RULES, body), 422, "invalid_alert_rule")
    assert {place for _, place in codes(told)} == {"/resolve_threshold", "/message_template", "/channels", "/group_by"}


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"threshold": "much"}, "/threshold"),
        ({"threshold": True}, "/threshold"),
        ({"window_seconds": 10}, "/window_seconds"),
        ({"operator": "~"}, "/operator"),
        ({"treshold": 1}, "/treshold"),
        ({"name": None}, "/name"),
    ],
)
def test_a_wrong_shape_is_refused(api: APIClient, change: dict[str, Any], place: str) -> None:
    told = problem(post(api, RULES, {**RULE, **change}), 400)
    assert place in {where for _, where in codes(told)}


@pytest.mark.one_database
def test_a_share_of_ten_is_refused_at_its_place(api: APIClient) -> None:
    told = problem(post(api, RULES, {**RULE, "threshold": 10}), 422, "invalid_alert_rule")
    assert [error["pointer"] for error in told["errors"]] == ["/threshold"]
    made = post(api, RULES, RULE).json()
    problem(patch(api, f"{RULES}/{made['id']}", {"threshold": 10}), 422, "invalid_alert_rule")


@pytest.mark.one_database
def test_an_unknown_metric_is_refused_with_near_names(api: APIClient) -> None:
    told = problem(post(api, RULES, {**RULE, "metric_name": "eror_rate"}), 422)
    assert "error_rate" in told["errors"][0]["message"]


@pytest.mark.one_database
def test_a_pipeline_that_is_not_there_is_not_found(api: APIClient) -> None:
    problem(post(api, RULES, {**RULE, "pipeline": "nobody"}), 404, "pipeline_not_found")


@pytest.mark.one_database
def test_a_change_leaves_the_rest_as_it_is(api: APIClient) -> None:
    made = post(api, RULES, {**RULE, "runbook": "look"}).json()
    changed = patch(api, f"{RULES}/{made['id']}", {"threshold": 0.2, "enabled": False}).json()
    assert (changed["threshold"], changed["enabled"], changed["runbook"]) == (0.2, False, "look")
    problem(patch(api, f"{RULES}/{made['id']}", {"resolve_threshold": 0.9}), 422)
    assert AlertRule.objects.get().resolve_threshold is None


@pytest.mark.one_database
def test_a_rule_is_deleted(api: APIClient) -> None:
    made = post(api, RULES, RULE).json()
    assert api.delete(f"{RULES}/{made['id']}").status_code == 204
    problem(api.get(f"{RULES}/{made['id']}"), 404, "alert_rule_not_found")


def test_rules_are_listed_and_filtered(api: APIClient) -> None:
    post(api, RULES, RULE)
    post(api, RULES, {**RULE, "name": "Slow", "metric_name": "execution_seconds_p95", "enabled": False})
    assert [row["name"] for row in api.get(RULES).json()["results"]] == ["Failures", "Slow"]
    assert [row["name"] for row in api.get(RULES, {"enabled": "true"}).json()["results"]] == ["Failures"]
    assert [row["name"] for row in api.get(RULES, {"search": "slo"}).json()["results"]] == ["Slow"]
    problem(api.get(RULES, {"colour": "red"}), 400)


def test_a_rule_is_replayed_saved_or_not(api: APIClient) -> None:
    now = database_now()
    Load(3, ("invoices",), tasks=1).write(40, now - timedelta(hours=2), timedelta(hours=1))
    while roll_up(budget_seconds=30):
        pass
    rule = {**RULE, "threshold": 0.01, "pipeline": "invoices"}
    tried = post(api, f"{RULES}/backtest", {"rule": rule})
    assert tried.status_code == 200, tried.content
    assert not AlertRule.objects.exists()
    body = tried.json()
    assert body["incident_count"] == len(body["incidents"]) > 0
    assert body["messages"] >= 1
    made = post(api, RULES, rule).json()
    period = {"start": body["start"], "end": body["end"]}
    assert post(api, f"{RULES}/{made['id']}/backtest", period).json()["incidents"] == body["incidents"]


@pytest.mark.one_database
def test_a_time_that_ends_before_it_begins_cannot_be_replayed(api: APIClient) -> None:
    period = {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
    problem(post(api, f"{RULES}/backtest", {"rule": RULE, **period}), 422, "invalid_range")


@pytest.mark.one_database
def test_a_back_test_ends_now_and_begins_before(api: APIClient) -> None:
    now, rule = database_now(), {**RULE, "no_data": "alert"}
    start, end = ((now + timedelta(hours=hours)).isoformat() for hours in (-1, 2))
    told = post(api, f"{RULES}/backtest", {"rule": rule, "start": start, "end": end}).json()
    assert datetime.fromisoformat(told["end"]) < now + timedelta(hours=1)
    assert told["incidents"][0]["ended_at"] is None
    later = {"start": end, "end": (now + timedelta(hours=3)).isoformat()}
    problem(post(api, f"{RULES}/backtest", {"rule": rule, **later}), 422, "invalid_range")


@pytest.mark.one_database
def test_each_verb_needs_its_permission(make_user: Any) -> None:
    client = APIClient()
    client.force_authenticate(make_user("view_alertrule"))
    assert client.get(RULES).status_code == 200
    assert post(client, f"{RULES}/backtest", {"rule": RULE}).status_code == 200
    problem(post(client, RULES, RULE), 403)
    problem(patch(client, f"{RULES}/1", {}), 403)
    problem(client.delete(f"{RULES}/1"), 403)


def test_a_change_does_not_undo_one_made_meanwhile(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = post(api, RULES, RULE).json()

    def change(**asked: Any) -> AlertRule:
        AlertRule.objects.update(enabled=False)  # somebody switches it off while the request is read
        return change_rule(**asked)

    monkeypatch.setattr(views, "change_rule", change)
    changed = patch(api, f"{RULES}/{made['id']}", {"threshold": 0.2}).json()
    assert (changed["threshold"], changed["enabled"]) == (0.2, False)
