"""What other machines ask: alive, ready, healthy; and what Prometheus reads, checked by its own tool."""

import json
import logging
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from common import health as registry_of_checks
from common.clock import database_now
from common.health import Check, database_budget, examine, register_check
from monitoring import prometheus
from monitoring.metrics.families import OTHER, Labels
from monitoring.metrics.ranges import floor
from monitoring.metrics.summary import Summary
from monitoring.models import Canary, Notice, Watermark
from monitoring.selectors import health
from monitoring.selectors.deafness import deaf_workers, silent_queues
from monitoring.selectors.metrics import sealed_levels
from monitoring.services import canaries, gauges, rollups
from monitoring.services.storing import Entry, add_to_totals, replace_rollups, series_ids
from monitoring.states import Level
from orchestration.engine import dispatch
from orchestration.engine.ticker import take_leadership
from orchestration.models import Worker
from orchestration.selectors import installation
from tests.engine import flow
from tests.monitoring.load import Load

pytestmark = pytest.mark.django_db
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT max(i) FROM n"
STRANGER: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_kept", (0.0, []))


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register a check for this test alone."""
    monkeypatch.setattr(registry_of_checks, "_probes", dict(registry_of_checks._probes))
    return register_check


def idle_worker(name: str = "w1", minutes: int = 60) -> None:
    flow.claimant(name)
    now = database_now()
    started = now - timedelta(minutes=minutes)
    Worker.objects.filter(pk=name).update(queues=["default"], started_at=started, heartbeat_at=now)


def scrape(client: Client, **headers: Any) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name → labels → value."""
    text = client.get("/metrics", **headers).content.decode()
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for metric in text_string_to_metric_families(text):
        for sample in metric.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


# Alive, ready, healthy ------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_a_process_that_answers_is_alive(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        reply = client.get("/livez")
    assert (reply.status_code, reply["content-type"]) == (200, "application/health+json")


def test_it_is_ready_when_database_migrations_and_folder_are_in_order(client: Client) -> None:
    reply = client.get("/readyz", **STRANGER)
    assert (reply.status_code, reply.json()["status"]) == (200, "pass")
    assert {"database", "migrations", "data folder"} <= reply.json()["checks"].keys()


@pytest.mark.one_database
def test_it_is_not_ready_without_a_folder_to_write_to(client: Client, settings: Any, tmp_path: Any) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "folder"
    assert client.get("/readyz").status_code == 503


@pytest.mark.one_database
def test_with_the_broker_away_it_still_takes_requests(
    client: Client, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(celery_broker_url="redis://127.0.0.1:1/1")
    monkeypatch.setattr(installation, "celery_app", lambda: Celery("away", broker="redis://127.0.0.1:1/1"))
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()["status"], reply.json()["checks"]["broker"]) == (200, "warn", "fail")


@pytest.mark.one_database
def test_details_are_for_those_who_may_see_them(client: Client, configure: Callable[..., None]) -> None:
    configure(metrics_token="a-long-token")
    assert client.get("/healthz", **STRANGER).json().keys() == {"status"}
    assert client.get("/metrics", **STRANGER).status_code == 403
    token: dict[str, Any] = {"HTTP_AUTHORIZATION": "Bearer a-long-token"}
    assert "checks" in client.get("/healthz", **STRANGER, **token).json()
    assert client.get("/metrics", **STRANGER, **token).status_code == 200
    assert client.get("/metrics", **STRANGER, HTTP_AUTHORIZATION="Bearer other").status_code == 403
    client.force_login(User.objects.create_superuser("root"))
    assert "checks" in client.get("/healthz", **STRANGER).json()


@pytest.mark.one_database
def test_behind_a_proxy_every_address_is_the_proxys_so_none_is_trusted(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 200
    settings.DJANGO = settings.DJANGO.model_copy(update={"behind_proxy": True})
    assert client.get("/metrics").status_code == 403


@pytest.mark.one_database
def test_a_problem_makes_it_unhealthy_and_says_what_helps(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("django"), "propagate", True)
    flow.start()  # and nobody can do it
    reply = client.get("/healthz")
    assert reply.status_code == 503
    assert not caplog.records  # it is asked every few seconds, and no request failed
    (queue,) = reply.json()["checks"]["healthy:queue"]
    assert (queue["status"], "no worker is running" in queue["hint"]) == ("fail", True)


@pytest.mark.one_database
def test_a_check_that_fails_or_takes_too_long_is_itself_a_finding(checked: Callable[..., None]) -> None:
    def fail() -> list[Check]:
        raise ValueError("odd")

    def spin() -> list[Check]:
        with connection.cursor() as cursor:
            cursor.execute(ENDLESS)
        return []

    checked("healthy", "failing", fail)
    checked("healthy", "slow", spin)
    found = {check.name: check for check in examine(seconds=0.2)}
    assert found["failing"].said == "cannot be checked: ValueError: odd"
    assert (found["slow"].status, found["slow"].said[:29]) == ("problem", "the database gave no answer: ")


@pytest.mark.one_database
def test_results_are_kept_for_seconds_so_that_a_busy_prober_costs_nothing(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/healthz")
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.one_database
def test_the_budget_ends_with_its_block() -> None:
    with database_budget(5):
        pass
    assert database_now() > datetime(2026, 1, 1, tzinfo=UTC)


# System health --------------------------------------------------------------------------------------------------------


def test_system_health_has_the_rate_the_areas_and_every_check(noon: datetime) -> None:
    written = Load(seed=5).write(40, noon, timedelta(minutes=30))
    rollups.roll_up(budget_seconds=60)
    idle_worker()
    take_leadership("w1", {})
    gauges.look_around()
    found = health.system_health(fresh=True)
    failed = sum(number for (_, status), number in written.executions.items() if status == "failed")
    done = sum(number for (_, status), number in written.executions.items() if status == "completed")
    assert found["overall_success_rate"] == pytest.approx(done / (done + failed))
    assert {"uptime", "pipelines", "models", "cache", "reviewers", "workers", "ticker"} <= found["areas"].keys()
    assert found["areas"]["pipelines"]["by_pipeline"].keys() == {"alpha", "beta", "gamma"}
    assert (found["areas"]["uptime"]["availability"], found["areas"]["workers"]["alive"]) == (1.0, 1)
    json.dumps(found, allow_nan=False)


@pytest.mark.one_database
def test_more_workers_than_are_shown_are_counted() -> None:
    for number in range(health.SHOWN + 10):
        idle_worker(f"w{number}")
    found = health.system_health(fresh=True)["areas"]["workers"]
    assert (found["alive"], found["silent"], len(found["workers"])) == (health.SHOWN + 10, 0, health.SHOWN)


@pytest.mark.one_database
def test_a_pause_is_no_outage_and_an_outage_is_no_pause() -> None:
    now = database_now()
    for minutes in (*range(1, 100), *range(300, 400)):
        look_of_a_worker(floor(now, 60) - timedelta(minutes=minutes))
    outage = health.system_health(fresh=True)["areas"]["uptime"]
    idle_worker(minutes=600)  # monitoring was paused while it lived
    pause = health.system_health(fresh=True)["areas"]["uptime"]
    assert (outage["status"], outage["availability"]) == ("degraded", pytest.approx(0.5, abs=0.02))
    assert (pause["status"], pause["availability"]) == ("ok", pytest.approx(1.0, abs=0.01))


def look_of_a_worker(at: datetime) -> None:
    series = series_ids({Labels()})[Labels()]
    alive = Summary(count=1, total=1, minimum=1, maximum=1)
    replace_rollups(Level.MINUTE, at, at, [Entry("workers", series, at, alive)], derived=True)


@pytest.mark.one_database
def test_with_nothing_measured_the_rate_can_still_be_shown() -> None:
    found = health.system_health(fresh=True)
    assert f"{found['overall_success_rate']:.2%}" == "100.00%"
    assert found["executions"]["judged"] == 0


def test_with_the_database_away_health_says_so_instead_of_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(now: object) -> dict[str, Any]:
        raise DatabaseError("it is gone")

    monkeypatch.setattr(health, "_measured", away)
    assert health.system_health(fresh=True)["error"] == "the database: it is gone"


# Canaries -------------------------------------------------------------------------------------------------------------


def age(canary: Canary, seconds: float) -> None:
    Canary.objects.filter(pk=canary.pk).update(sent_at=database_now() - timedelta(seconds=seconds))


def test_a_canary_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def send_job(name: str, *, queue: str, args: tuple[int, ...]) -> bool:
        sent.append(queue)
        return True

    monkeypatch.setattr(dispatch, "send_job", send_job)
    assert canaries.send_canaries(worker_id="w1", queues=("default", "slow")) == 2
    assert sent == ["default", "slow"]
    canary = Canary.objects.all()[0]
    assert canaries.take_canary(canary_id=canary.pk, worker_id="w2")
    assert not canaries.take_canary(canary_id=canary.pk, worker_id="w3")


def test_a_queue_whose_idle_workers_answer_no_canary_is_a_problem() -> None:
    idle_worker()
    canary = Canary.objects.create(queue="default", sent_by="w1", sent_at=database_now())
    assert silent_queues() == []
    age(canary, 90)
    (silent,) = silent_queues()
    assert (silent.queue, silent.waiting) == ("default", 1)
    checks = [check for check in examine() if check.name == "queue default"]
    assert [(check.status, check.hint) for check in checks] == [
        ("problem", "its workers are alive but deaf: restart them")
    ]


def test_a_busy_queue_is_not_called_deaf() -> None:
    idle_worker()
    age(Canary.objects.create(queue="default", sent_by="w1", sent_at=database_now()), 90)
    flow.start()
    flow.take(flow.claimant())
    assert silent_queues() == []


def test_a_worker_that_others_take_everything_from_is_deaf(configure: Callable[..., None]) -> None:
    configure(celery_broker_url="redis://127.0.0.1:1/1")
    idle_worker("w1")
    idle_worker("w2")
    now = database_now()
    for seconds in range(0, 550, 50):
        at = now - timedelta(seconds=seconds)
        Canary.objects.create(queue="default", sent_by="w1", sent_at=at, taken_by="w1", taken_at=at)
    assert [worker.pk for worker in deaf_workers()] == ["w2"]
    Canary.objects.filter(sent_at__gt=now - timedelta(seconds=60)).update(taken_by="w2")
    assert deaf_workers() == []


# Prometheus -----------------------------------------------------------------------------------------------------------


def test_counters_and_histograms_are_exactly_what_happened(client: Client, noon: datetime) -> None:
    written = Load(seed=11).write(60, noon, timedelta(minutes=30))
    rollups.roll_up(budget_seconds=60)
    found = scrape(client)
    executions = found["orchestration_executions_total"]
    for (pipeline, status), number in written.executions.items():
        assert executions[("pipeline", pipeline), ("status", status)] == number
    assert sum(found["orchestration_attempts_total"].values()) == sum(written.attempts.values())
    assert sum(found["orchestration_task_seconds_count"].values()) == len(written.task_seconds)
    assert sum(found["orchestration_task_seconds_sum"].values()) == pytest.approx(sum(written.task_seconds), abs=0.1)
    buckets = found["orchestration_task_seconds_bucket"]
    within = sum(value for labels, value in buckets.items() if dict(labels)["le"] == "1.0")
    assert within == pytest.approx(sum(seconds <= 1 for seconds in written.task_seconds), rel=0.02)


def test_what_has_just_happened_is_in_it_before_its_minute_is_sealed(client: Client, noon: datetime) -> None:
    Load(seed=1).write(10, noon, timedelta(minutes=1))
    rollups.roll_up(budget_seconds=60)
    who = flow.claimant()
    flow.start()
    flow.complete(flow.take(who), who)
    rollups.roll_up(budget_seconds=60)
    found = scrape(client)
    assert found["orchestration_executions_total"][("pipeline", "flow"), ("status", "completed")] == 1


def test_a_minute_sealed_during_a_scrape_is_counted_once(
    client: Client, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = series_ids({Labels("flow")})[Labels("flow")]
    minute = [Entry("submissions", series, noon, Summary(count=10))]
    replace_rollups(Level.MINUTE, noon, noon, minute, derived=True)
    Watermark.objects.create(level=Level.MINUTE, sealed_until=noon)

    def look() -> dict[Level, datetime | None]:
        found = sealed_levels()
        if found[Level.MINUTE] == noon:  # the ticker commits just then
            add_to_totals(minute)
            Watermark.objects.update(sealed_until=noon + timedelta(minutes=1))
        return found

    monkeypatch.setattr(prometheus, "sealed_levels", look)
    for _ in range(2):
        assert scrape(client)["orchestration_submissions_total"] == {(("pipeline", "flow"),): 10}


def test_very_many_labels_are_bounded_and_nothing_is_lost(
    client: Client, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Load(seed=11).write(60, noon, timedelta(minutes=30))
    rollups.roll_up(budget_seconds=60)
    monkeypatch.setattr(prometheus, "MOST_LABELLED", 2)
    attempts = scrape(client)["orchestration_attempts_total"]
    assert len(attempts) == 3
    assert (("pipeline", OTHER), ("task", OTHER)) in attempts
    assert sum(attempts.values()) == sum(written.attempts.values())


def test_with_the_database_away_a_scrape_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: object) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(prometheus._Totals, "__init__", away)
    assert scrape(client) == {"orchestration_database_up": {(): 0.0}}


@pytest.mark.one_database
def test_promtool_finds_nothing_to_say(client: Client, noon: datetime) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("NOT RUN: promtool is not on the PATH (Debian's package prometheus brings it)")
    Load(seed=1).write(20, noon, timedelta(minutes=10))
    rollups.roll_up(budget_seconds=60)
    idle_worker()
    gauges.look_around()
    text = client.get("/metrics").content
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@pytest.mark.one_database
def test_openmetrics_is_given_to_who_asks_for_it(client: Client) -> None:
    reply = client.get("/metrics", HTTP_ACCEPT="application/openmetrics-text; version=1.0.0")
    assert reply["content-type"].startswith("application/openmetrics-text")
    assert reply.content.endswith(b"# EOF\n")


@pytest.mark.one_database
def test_messages_that_were_given_up_show_in_the_checks(noon: datetime) -> None:
    from tests.monitoring.minutes import Clock, add

    add()
    Clock(noon).minute(ok=0, error=1)
    Notice.objects.update(status="failed", created_at=database_now())
    assert "1 messages of the last day were given up" in [check.said for check in examine()]
