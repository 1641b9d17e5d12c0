"""The dashboard and the performance page tell what the rows say, for the range and pipeline in the address."""

from collections.abc import Callable

import pytest
from django.test import Client

from monitoring.models import Alert
from tests.monitoring.load import Written

# What the figures are on each database is for tests/monitoring to say.
pytestmark = pytest.mark.one_database
PAGES = (
    "/monitoring/",
    "/monitoring/alerts/",
    "/monitoring/alerts/?state=past",
    "/monitoring/rules/",
    "/monitoring/rules/new/",
    "/monitoring/performance/",
    "/monitoring/health/",
    "/monitoring/workers/",
    "/monitoring/messages/",
    "/monitoring/messages/channels/new/",
    "/monitoring/silences/new/",
)


def count(written: Written, status: str, pipeline: str = "") -> int:
    return sum(n for (name, of), n in written.executions.items() if of == status and pipeline in ("", name))


@pytest.mark.parametrize("address", PAGES)
def test_each_page_opens_on_an_empty_installation(engineer: Client, address: str) -> None:
    assert engineer.get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_nobody_sees_a_page_without_the_permission(stranger: Client, address: str) -> None:
    assert stranger.get(address).status_code == 403


def test_executions_by_outcome_are_those_of_the_rows(engineer: Client, day: Written) -> None:
    chart = engineer.get("/monitoring/").context["outcomes"]
    totals = {each.key: sum(bucket.counts[each.key] for bucket in chart.buckets) for each in chart.series}
    assert totals.get("ok") == count(day, "completed")
    assert totals.get("bad") == count(day, "failed")
    assert totals.get("off", 0) == count(day, "cancelled")


@pytest.mark.parametrize("span", ["6h", "24h", "7d", "30d"])
def test_every_range_counts_the_same_day(engineer: Client, day: Written, span: str) -> None:
    page = engineer.get("/monitoring/", {"range": span})
    assert f"{sum(day.executions.values())} ended" in page.content.decode().replace("\u202f", "")


def test_a_pipeline_in_the_address_limits_every_figure(engineer: Client, day: Written) -> None:
    page = engineer.get("/monitoring/", {"pipeline": "invoices"})
    ended = sum(n for (name, _), n in day.executions.items() if name == "invoices")
    assert f"{ended} ended" in page.content.decode()
    assert {row.pattern.pipeline for row in page.context["patterns"]} == {"invoices"}


def test_cost_and_tokens_are_those_of_the_rows(engineer: Client, day: Written) -> None:
    context = engineer.get("/monitoring/").context
    cost = sum(point.values["cost"] or 0 for point in context["cost"].points)
    assert cost == pytest.approx(day.cost_microusd / 1e6)
    assert sum(bucket.counts["in"] for bucket in context["tokens"].buckets) == day.input_tokens


def test_failures_are_listed_by_pattern_the_most_frequent_first(engineer: Client, day: Written) -> None:
    patterns = [row.pattern for row in engineer.get("/monitoring/").context["patterns"]]
    found = {(one.pipeline, one.task, one.code): one.count for one in patterns}
    assert found == {key: day.failures[key] for key in found}
    assert [one.count for one in patterns] == sorted(day.failures.values(), reverse=True)[: len(patterns)]


def test_the_page_says_first_what_has_no_owner(engineer: Client, firing: Alert) -> None:
    page = engineer.get("/monitoring/")
    assert page.context["sentence"].startswith("1\u00a0alert has no owner, critical. ")
    assert firing.message in page.content.decode()


def test_an_open_page_is_answered_only_when_something_changed(engineer: Client, day: Written) -> None:
    version = engineer.get("/monitoring/").context["version"]
    asked = {"HX-Request": "true"}
    assert engineer.get("/monitoring/", {"version": version}, headers=asked).status_code == 204
    assert engineer.get("/monitoring/", {"version": "old"}, headers=asked).status_code == 200


def test_whoever_may_not_see_alerts_sees_the_figures(make_client: Callable[..., Client], firing: Alert) -> None:
    page = make_client("view_rollup").get("/monitoring/").content.decode()
    assert firing.message not in page
    assert "Success rate" in page


@pytest.mark.parametrize("of", ["executions", "attempts", "queue", "execution_wait"])
def test_the_distribution_counts_every_value_once(engineer: Client, day: Written, of: str) -> None:
    context = engineer.get("/monitoring/performance/", {"of": of}).context
    expected = {
        "executions": sum(map(len, day.run_seconds.values())),
        "attempts": len(day.task_seconds),
        "queue": len(day.queue_seconds),
        "execution_wait": sum(map(len, day.run_seconds.values())),
    }
    assert sum(each.count for each in context["bins"]) == expected[of]


def test_the_slowest_come_first_with_their_exact_longest(engineer: Client, day: Written) -> None:
    slow = engineer.get("/monitoring/performance/").context["slow"]
    means = {name: sum(values) / len(values) for name, values in day.run_seconds.items()}
    assert [row.labels[0] for row in slow] == sorted(means, key=means.__getitem__, reverse=True)
    assert slow[0].summary.maximum == pytest.approx(max(day.run_seconds[slow[0].labels[0]]), abs=0.002)


def test_the_longest_single_executions_are_linked(engineer: Client, day: Written) -> None:
    found = engineer.get("/monitoring/performance/").context["executions"]
    longest = max(value for values in day.run_seconds.values() for value in values)
    assert found[0].seconds == pytest.approx(longest, abs=0.002)
    assert len(found) == 10


def test_a_time_without_anything_says_so(engineer: Client, day: Written) -> None:
    page = engineer.get("/monitoring/performance/", {"pipeline": "nobody"}).content.decode()
    assert "Nothing was measured" in page


@pytest.mark.parametrize("query", ["range=x", "pipeline=%00", "of=x&against=y", "page=-1", "page=9999999999"])
def test_nonsense_in_the_address_is_no_error(engineer: Client, query: str) -> None:
    assert all(engineer.get(f"{address.partition('?')[0]}?{query}").status_code == 200 for address in PAGES)


def test_open_executions_and_workers_are_told_in_whole_numbers(engineer: Client, day: Written) -> None:
    context = engineer.get("/monitoring/").context
    values = [
        value for name in ("waiting", "workers") for point in context[name].points for value in point.values.values()
    ]
    assert all(value is None or value % 1 == 0 for value in values)
