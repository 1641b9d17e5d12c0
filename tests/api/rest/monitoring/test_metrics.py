"""`/metrics`, `/percentiles`, `/health`: the figures are those of the rows."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.clock import database_now
from monitoring.metrics.catalogue import all_metrics
from monitoring.services.rollups import roll_up
from tests.api.rest.asking import ROOT, codes, problem
from tests.monitoring.load import Load, Written

METRICS = f"{ROOT}/metrics"


@pytest.fixture
def day(db: None) -> Written:
    now = database_now()
    written = Load(5, ("invoices", "contracts"), tasks=2).write(50, now - timedelta(hours=3), timedelta(hours=2))
    while roll_up(budget_seconds=30):
        pass
    return written


def since(hours: int = 4) -> dict[str, str]:
    return {"start": (database_now() - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")}


@pytest.mark.one_database
def test_the_catalogue_names_every_metric(api: APIClient) -> None:
    assert {row["name"] for row in api.get(METRICS).json()["metrics"]} == {one.name for one in all_metrics()}


def test_a_count_is_that_of_the_rows(api: APIClient, day: Written) -> None:
    body = api.get(f"{METRICS}/execution_count", since()).json()
    assert [row["value"] for row in body["series"]] == [sum(day.executions.values())]
    assert body["complete_until"] is not None


def test_groups_and_points_add_up_to_the_whole(api: APIClient, day: Written) -> None:
    body = api.get(f"{METRICS}/execution_count", {**since(), "by": "pipeline", "step": "600"}).json()
    for row in body["series"]:
        name = row["labels"]["pipeline"]
        assert row["value"] == sum(n for (of, _), n in day.executions.items() if of == name)
        assert sum(point["value"] for point in row["points"]) == row["value"]
    assert {row["labels"]["pipeline"] for row in body["series"]} == {"invoices", "contracts"}


def test_a_label_limits_it(api: APIClient, day: Written) -> None:
    body = api.get(f"{METRICS}/attempt_count", {**since(), "pipeline": "invoices", "task": "t0"}).json()
    expected = sum(n for (name, task, _, _), n in day.attempts.items() if (name, task) == ("invoices", "t0"))
    assert body["series"][0]["value"] == expected


def test_percentiles_are_within_one_per_cent(api: APIClient, day: Written) -> None:
    body = api.get(f"{ROOT}/percentiles", {**since(), "of": "executions"}).json()
    values = sorted(value for each in day.run_seconds.values() for value in each)
    assert body["count"] == len(values)
    assert body["max"] == pytest.approx(values[-1], abs=0.002)
    assert body["p50"] == pytest.approx(values[-(-len(values) // 2) - 1], rel=0.011)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("address", "query", "status", "code"),
    [
        ("metrics/eror_rate", {}, 422, "unknown_metric"),
        ("metrics/error_rate", {"by": "task"}, 422, "invalid_range"),
        ("metrics/error_rate", {"step": "90"}, 422, "invalid_range"),
        ("metrics/error_rate", {"step": "60", "start": "2020-01-01T00:00:00Z"}, 422, "invalid_range"),
        ("metrics/error_rate", {"start": "2999-01-01T00:00:00Z"}, 422, "invalid_range"),
        ("percentiles", {"task": "t0"}, 422, "invalid_range"),
        ("percentiles", {"start": "2999-01-01T00:00:00Z"}, 422, "invalid_range"),
        ("percentiles", {"of": "nothing"}, 400, "invalid_request"),
        ("metrics/error_rate", {"colour": "red"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_says_why(
    api: APIClient, address: str, query: dict[str, str], status: int, code: str
) -> None:
    told = problem(api.get(f"{ROOT}/{address}", query), status, code)
    assert told["detail"]


@pytest.mark.one_database
def test_a_wrong_parameter_is_named(api: APIClient) -> None:
    told = problem(api.get(f"{METRICS}/error_rate", {"by": "colour"}), 400)
    assert [place for _, place in codes(told)] == ["by"]


@pytest.mark.one_database
def test_health_is_the_document_of_the_facade(api: APIClient) -> None:
    body = api.get(f"{ROOT}/health").json()
    assert {"status", "overall_success_rate", "areas", "checks"} <= body.keys()
    assert {"uptime", "pipelines", "models", "workers"} <= body["areas"].keys()


@pytest.mark.one_database
def test_figures_need_the_permission(make_user: Any) -> None:
    client = APIClient()
    client.force_authenticate(make_user())
    for address in ("metrics", "metrics/error_rate", "percentiles", "health"):
        problem(client.get(f"{ROOT}/{address}"), 403)


@pytest.mark.one_database
@pytest.mark.parametrize("address", [f"{METRICS}/error_rate", f"{ROOT}/percentiles"])
def test_a_pipeline_that_never_was_is_not_found(api: APIClient, address: str) -> None:
    problem(api.get(address, {"pipeline": "zz"}), 404, "pipeline_not_found")


@pytest.mark.one_database
@pytest.mark.parametrize(("start", "end"), [("0001-01-03", "0002-01-01"), ("9999-01-01", "9999-12-31")])
def test_steps_that_lead_out_of_the_calendar_are_refused(api: APIClient, start: str, end: str) -> None:
    asked = {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z", "step": str(31 * 86_400)}
    problem(api.get(f"{METRICS}/error_rate", asked), 422, "invalid_range")
