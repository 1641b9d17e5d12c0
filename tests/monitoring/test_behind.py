"""The executions behind an alert are those that its metric counted; and the way back leads to the same alerts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from common.clock import database_now
from monitoring.manager import Monitor
from monitoring.metrics.catalogue import all_metrics, find_metric
from monitoring.metrics.families import all_families, family
from monitoring.metrics.ranges import floor
from monitoring.models import Alert, AlertRule
from monitoring.selectors.behind import alerts_touched, counted_executions, executions_behind, stretch_of
from monitoring.selectors.counted import counted_by
from monitoring.selectors.metrics import summaries
from monitoring.services import rollups
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.rules import add_alert_rule
from orchestration.definition import Pipeline
from orchestration.models import Execution, TaskAttempt, TaskRun
from orchestration.services.pipelines import register_pipeline
from tests.commands.calling import call
from tests.engine import flow
from tests.monitoring.load import Load, Written

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SCOPES: tuple[dict[str, str], ...] = (
    {},
    {"pipeline": "alpha"},
    {"pipeline": "beta", "task": "t1"},
    {"model": "gpt-4"},
    {"pipeline": "alpha", "task": "t0", "detail": "rate_limited"},
)
DERIVED = sorted(
    {one.families[-1] for one in all_metrics() if one.name != "completion_ratio"}
    - {one.name for one in all_families() if one.is_gauge}
)
# Counted without saying how many of them are errors.
NOT_JUDGED = ("submissions", "task_runs", "retries", "failures")
MakeAlert = Callable[..., Alert]


@pytest.fixture
def written(noon: datetime) -> Written:
    """Ninety executions in the hour after noon, rolled up; of some attempts the cache says something."""
    load = Load(5).write(90, noon, HOUR - MINUTE)
    keys = list(TaskAttempt.objects.order_by("pk").values_list("pk", flat=True)[:40])
    TaskAttempt.objects.filter(pk__in=keys[:25]).update(cache={"outcome": "hit"})
    TaskAttempt.objects.filter(pk__in=keys[25:]).update(cache={"outcome": "miss"})
    rollups.roll_up(budget_seconds=60)
    return load


@pytest.fixture
def make_alert(noon: datetime) -> MakeAlert:
    """An alert about the hour after noon, of a rule with these fields."""

    def make(metric: str, labels: dict[str, str] | None = None, **fields: Any) -> Alert:
        number = AlertRule.objects.count()
        rule = AlertRule.objects.create(
            name=f"rule {number}", metric_name=metric, threshold=0.0, window_seconds=1800, **fields
        )
        began, over = noon + timedelta(minutes=30), noon + HOUR
        return Alert.objects.create(
            rule=rule,
            labels=labels or {},
            status="resolved",
            severity="warning",
            started_at=began,
            fired_at=began,
            bad_at=over,
            resolved_at=over,
        )

    return make


def test_what_is_behind_each_metric_are_the_rows_that_it_counted(written: Written, noon: datetime) -> None:
    for name, scope in product(DERIVED, SCOPES):
        labels = {str(label): scope[label] for label in family(name).labels if label in scope}
        metric = next(one for one in all_metrics() if one.families[-1] == name and one.name != "completion_ratio")
        found = summaries([name], noon, noon + HOUR, labels).get((), {}).get(name)
        counted = counted_by(metric, noon, noon + HOUR, labels)
        assert counted is not None, name
        assert counted.rows.count() == (found.count if found else 0), (name, scope)
        if found and name not in NOT_JUDGED:
            assert counted.rows.filter(counted.bad).count() == found.error, (name, scope)


@pytest.mark.one_database
def test_versions_that_are_not_monitored_are_behind_nothing(noon: datetime) -> None:
    tasks = [{"name": f"t{position}", "type": "echo"} for position in range(3)]
    quiet = register_pipeline(pipeline=Pipeline({"name": "quiet", "tasks": tasks, "enable_monitoring": False}))
    load = Load(3, ("alpha",))
    load.versions = [quiet]
    load.write(10, noon, HOUR - MINUTE)
    for name in ("error_rate", "attempt_error_rate", "task_run_count"):
        counted = counted_by(find_metric(name), noon, noon + HOUR, {})
        assert counted is not None
        assert counted.rows.count() == 0, name


def test_the_failed_ones_come_first_and_are_counted(written: Written, make_alert: MakeAlert) -> None:
    behind = executions_behind(make_alert("error_rate", {"pipeline": "alpha"}), 5)
    assert behind is not None
    mine = Execution.objects.filter(pipeline_id="alpha", finished_at__gte=behind.start, finished_at__lt=behind.end)
    assert behind.number == mine.count() > 0
    assert behind.bad == mine.filter(status="failed").count() > 0
    assert [one.is_bad for one in behind.worst] == sorted((one.is_bad for one in behind.worst), reverse=True)
    assert not behind.is_cut


def test_the_slowest_come_first_where_it_is_about_time(written: Written, make_alert: MakeAlert) -> None:
    alert = make_alert("task_seconds_p95")
    behind = executions_behind(alert, 3)
    assert behind is not None
    start, end = stretch_of(alert)
    attempts = TaskAttempt.objects.filter(finished_at__gte=start, finished_at__lt=end).select_related("task_run")
    longest = max(attempts, key=lambda row: row.finished_at - row.started_at)
    worst = behind.worst[0]
    assert (worst.execution.pk, worst.task) == (longest.task_run.execution_id, longest.task_run.name)
    assert worst.value == pytest.approx((longest.finished_at - longest.started_at).total_seconds(), abs=0.001)
    assert behind.unit == "seconds"
    quickest = executions_behind(make_alert("task_seconds_min", operator="<"), 3)
    assert quickest is not None
    assert quickest.worst[0].value == min(one.value or 0.0 for one in quickest.worst)


def test_the_dearest_come_first_where_it_is_about_money(written: Written, make_alert: MakeAlert) -> None:
    behind = executions_behind(make_alert("cost_usd", {"model": "gpt-4"}), 2)
    assert behind is not None
    assert behind.unit == "USD"
    assert [one.value for one in behind.worst] == sorted((one.value or 0.0 for one in behind.worst), reverse=True)
    assert all(0 < (one.value or 0.0) < 0.01 for one in behind.worst)


def test_a_failure_pattern_leads_to_the_executions_with_that_code(written: Written, make_alert: MakeAlert) -> None:
    (pipeline, task, code), number = max(written.failures.items(), key=lambda item: item[1])
    behind = executions_behind(
        make_alert("failure_pattern_count", {"pipeline": pipeline, "task": task, "detail": code}), 50
    )
    assert behind is not None
    assert 0 < behind.number <= number
    assert {(one.task, one.code) for one in behind.worst} == {(task, code)}


def test_no_execution_is_behind_the_number_of_workers(make_alert: MakeAlert) -> None:
    assert executions_behind(make_alert("workers"), 5) is None
    assert not counted_executions(make_alert("worker_memory_bytes")).exists()


@pytest.mark.one_database
def test_a_rule_about_a_metric_that_is_gone_has_nothing_behind_it(written: Written, make_alert: MakeAlert) -> None:
    alert = make_alert("error_rate")
    alert.rule.metric_name = "gone"
    assert executions_behind(alert, 5) is None


def test_only_the_newest_events_are_looked_at(
    written: Written, make_alert: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.selectors.behind.MOST_EVENTS", 4)
    alert = make_alert("execution_count")
    behind = executions_behind(alert, 50)
    assert behind is not None
    assert (behind.number, behind.is_cut, counted_executions(alert).count()) == (4, True, 4)


def test_the_way_back_leads_to_the_same_alerts(written: Written, make_alert: MakeAlert) -> None:
    names = ("error_rate", "attempt_error_rate", "submission_count")
    alerts = [make_alert(name, labels) for name in names for labels in SCOPES[:3]]
    forth = {(alert.pk, key) for alert in alerts for key in counted_executions(alert).values_list("pk", flat=True)}
    some = list(Execution.objects.order_by("-created_at")[:25])
    back = {(touched.alert.pk, one.pk) for one in some for touched in alerts_touched(one)}
    keys = {one.pk for one in some}
    assert back == {(alert, key) for alert, key in forth if key in keys}
    assert {alert for alert, _ in back} == {alert.pk for alert in alerts}


def test_an_execution_names_those_first_that_it_made_worse(written: Written, make_alert: MakeAlert) -> None:
    counted, worse = make_alert("cost_usd"), make_alert("error_rate")
    failed = counted_executions(worse).filter(status="failed", pk__in=counted_executions(counted).values("pk")).first()
    assert failed is not None
    assert next((one.alert.pk, one.is_bad) for one in alerts_touched(failed)) == (worse.pk, True)
    Alert.objects.filter(pk=worse.pk).update(fired_at=None)
    assert worse.pk not in [one.alert.pk for one in alerts_touched(failed)], "it never fired"


def test_what_waits_for_a_worker_is_behind_a_long_queue(make_alert: MakeAlert, noon: datetime) -> None:
    waiting, done = flow.start(flow.ONE), flow.start(flow.ONE)
    alert = make_alert("queue_age_seconds", {"detail": "default"})
    alert.bad_at = database_now() + MINUTE
    alert.started_at = floor(database_now(), 60)
    TaskRun.objects.filter(execution=done).update(status="cancelled", queued_at=None)
    TaskRun.objects.filter(execution=waiting).update(queued_at=database_now() - HOUR)
    behind = executions_behind(alert, 5)
    assert behind is not None
    assert [one.execution.pk for one in behind.worst] == [waiting.pk]
    assert (behind.worst[0].value or 0) > 3500


@pytest.mark.one_database
def test_an_evaluated_alert_leads_to_what_it_was_raised_by() -> None:
    now = database_now()
    Load(7, ("alpha",)).write(20, now - 30 * MINUTE, 25 * MINUTE)
    while rollups.roll_up(budget_seconds=30):
        pass
    add_alert_rule(rule=AlertRule(name="F", metric_name="failure_count", threshold=0, window_seconds=7200))
    evaluate_rules()
    alert = Alert.objects.get()
    behind = Monitor().executions_behind(alert.pk)
    assert behind is not None
    assert (behind.number, behind.bad) == (20, alert.value)
    failed = behind.worst[0].execution
    assert [(one.alert.pk, one.is_bad) for one in Monitor().alerts_of(str(failed.pk))] == [(alert.pk, True)]
    shown = call("alerts", "--show", str(alert.pk))
    assert f"failure_count counted 20 executions, {behind.bad} of them made it worse" in shown.out
    assert str(failed.pk) in shown.out
    document = call("alerts", "--show", str(alert.pk), "--json").document["executions"]
    assert (document["number"], document["worst"][0]["id"]) == (20, str(failed.pk))
    assert call("alerts", "--show", "4711").code == 2
