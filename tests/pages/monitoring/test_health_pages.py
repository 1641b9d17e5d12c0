"""Health and workers: the same findings as `doctor`, and who runs what."""

from datetime import timedelta

import pytest
from django.test import Client

from common.clock import database_now
from common.health import Check
from monitoring.models import Alert, AlertRule, WorkerSample
from monitoring.selectors.health import checks
from orchestration.models import Worker
from tests.pages.conftest import MakeExecution

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def test_the_page_shows_the_findings_of_the_checks(watcher: Client) -> None:
    page = watcher.get("/monitoring/health/", {"all": "1"})
    shown: list[Check] = [row.check for _, rows in page.context["sections"] for row in rows]
    assert {check.name for check in shown} == {check.name for check in checks()}
    for check in shown:
        assert check.said.split("'")[0].split('"')[0].split("<")[0] in page.content.decode()


def test_what_is_well_is_left_out_unless_asked_for(watcher: Client) -> None:
    page = watcher.get("/monitoring/health/")
    assert all(row.check.status != "ok" for _, rows in page.context["sections"] for row in rows)
    assert "that are OK" in page.content.decode() or "that is OK" in page.content.decode()


def test_workers_show_what_they_have_in_hand_and_use(watcher: Client, make_execution: MakeExecution) -> None:
    execution = make_execution("running")
    worker = Worker.objects.get()
    WorkerSample.objects.create(
        worker_id=worker.pk,
        hostname=worker.hostname,
        pid=worker.pid,
        processes=3,
        cpu_share=1.25,
        memory_bytes=120_000_000,
        at=database_now(),
    )
    page = watcher.get("/monitoring/workers/").content.decode()
    task = execution.task_runs.get(status="running")
    for said in ("1.25&nbsp;cores", "120\u00a0MB", task.name, "1\u00a0worker is alive"):
        assert said in page


def test_a_worker_without_a_sign_of_life_is_told(watcher: Client, make_execution: MakeExecution) -> None:
    make_execution("running")
    Worker.objects.update(heartbeat_at=database_now() - timedelta(minutes=20))
    page = watcher.get("/monitoring/workers/").content.decode()
    assert "No sign of life" in page
    assert "No worker is alive" in page


def test_a_degraded_area_is_told_above_and_never_called_well(watcher: Client, make_execution: MakeExecution) -> None:
    make_execution("running")
    Worker.objects.update(heartbeat_at=database_now() - timedelta(minutes=20))
    page = watcher.get("/monitoring/health/")
    degraded = [area.name.lower() for area in page.context["areas"] if area.state != "ok"]
    assert "workers" in degraded
    assert page.context["word"] != "OK"
    assert page.context["sentence"].endswith(f"Degraded: {', '.join(degraded)}.")


def test_rows_lead_to_what_they_are_about(watcher: Client, engineer: Client, firing: Alert) -> None:
    AlertRule.objects.update(runbook="Give it a `timeout`.")
    checks(fresh=True)
    page = watcher.get("/monitoring/health/").content.decode()
    assert f'href="/monitoring/alerts/{firing.pk}/"' in page
    assert "Give it a <code>timeout</code>." in page
    area = '<a class="strong" href="{}">{}</a>'
    assert area.format("/monitoring/workers/", "Workers") in page
    assert area.format("/reviews/", "Reviewers") not in page, "may not see reviews"
    assert area.format("/reviews/", "Reviewers") in engineer.get("/monitoring/health/").content.decode()
