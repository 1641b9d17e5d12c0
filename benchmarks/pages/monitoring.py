"""Monitoring of the dataset: executions rolled up, a day of gauges, workers' samples, rules, and alerts past and open.

The rows that addresses name have numbers of their own (`addresses.OF_MONITORING`).
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Count

from monitoring.metrics.families import all_families
from monitoring.models import Alert, AlertRule, AlertTransition, Channel, Notice, Rollup, Silence, WorkerSample
from monitoring.selectors.behind import executions_behind
from monitoring.services.channels import ensure_log_channel
from monitoring.services.gauges import look_around
from monitoring.services.rollups import roll_up
from monitoring.services.rules import install_ready_made
from monitoring.states import Level
from orchestration.models import Execution, Worker

FIRST = 1
ENOUGH_SECONDS = 12_000
A_DAY = 24 * 60


def fill_monitoring(now: datetime, executions: int, random: Random) -> None:
    """As many alerts and looks at gauges as become so many executions; a few of the alerts are open.

    Rows of earlier fillings stay as they are.
    """
    roll_up(budget_seconds=ENOUGH_SECONDS)
    ensure_log_channel()
    Channel.objects.get_or_create(name="ops", defaults={"kind": "email", "target": "ops@example.com"})
    rule = {
        "name": "Failures of the day",
        "metric_name": "error_rate",
        "threshold": 0.01,
        "window_seconds": 6 * 3600,
        "group_by": "pipeline",
        "message_template": "{pipeline}: {current_value:.1%} of {samples:d} executions failed",
        "severity": "critical",
        "channels": ["log", "ops"],
    }
    AlertRule.objects.get_or_create(pk=FIRST, defaults=rule)
    made = not Alert.objects.filter(pk=FIRST).exists()
    if made:
        _fill_first(now)
    times = {"starts_at": now - timedelta(hours=2), "ends_at": now + timedelta(days=1)}
    hushed = {"pipeline": "contracts", "reason": "maintenance", **times}
    Silence.objects.get_or_create(pk=FIRST, defaults=hushed)
    _move_sequences_on()
    install_ready_made()
    if made:
        _look_back(now, min(A_DAY, executions // 7), random)
        _fill_alerts(now, executions // 50, random)


def _fill_first(now: datetime) -> None:
    """The alert that pages are opened with: of the pipeline that failed most lately, with what there is to count."""
    began = now - timedelta(days=2)
    lately = {"status": "failed", "finished_at__range": (began, now)}
    failures = Execution.objects.filter(**lately).values_list("pipeline_id").annotate(number=Count("pk"))
    pipeline, _ = failures.order_by("-number", "pipeline_id").first() or ("invoice_triage", 0)
    times = {"started_at": began, "fired_at": began, "bad_at": now}
    labels = {"pipeline": pipeline}
    alert = Alert(pk=FIRST, rule_id=FIRST, group=f"pipeline={pipeline}", labels=labels, severity="critical", **times)
    behind = executions_behind(alert, 1)
    number, bad = (behind.number, behind.bad) if behind else (0, 0)
    alert.status, alert.value = "firing", bad / number if number else 0.0
    alert.worst_value = alert.value
    alert.message = f"{pipeline}: {alert.value:.1%} of {number} executions failed"
    alert.save(force_insert=True)
    AlertTransition.objects.create(alert=alert, status="firing", value=alert.value, samples=number, at=began)


def _look_back(now: datetime, minutes: int, random: Random) -> None:
    """A sample of each worker, and so many minutes of looks at what can only be seen as it is."""
    workers = Worker.objects.filter(stopped_at=None)
    samples = [
        WorkerSample(
            worker_id=row.pk,
            hostname=row.hostname,
            pid=row.pid,
            processes=1 + row.concurrency,
            cpu_share=0.7,
            memory_bytes=3 * 10**8,
            at=now,
        )
        for row in workers
    ]
    WorkerSample.objects.bulk_create(samples, ignore_conflicts=True)
    look_around()
    gauges = [family.name for family in all_families() if family.is_gauge]
    latest = Rollup.objects.filter(level=Level.MINUTE, family__in=gauges).values("family", "series_id", "total")
    seen = {(row["family"], row["series_id"]): row["total"] for row in latest}
    minute = now.replace(second=0, microsecond=0)
    rows = [
        _look(family, series, minute - timedelta(minutes=back), total * random.uniform(0.5, 1.5))
        for back in range(1, minutes)
        for (family, series), total in seen.items()
    ]
    Rollup.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def _look(family: str, series: int, at: datetime, value: float) -> Rollup:
    figures = {"count": 4, "total": 4 * value, "minimum": value, "maximum": value}
    return Rollup(level=Level.MINUTE, family=family, series_id=series, at=at, **figures)


def _fill_alerts(now: datetime, number: int, random: Random) -> None:
    rules, channel = list(AlertRule.objects.exclude(pk=FIRST)), Channel.objects.get(pk="ops")
    over = [_over(random.choice(rules), now, random) for _ in range(number)]
    Alert.objects.bulk_create([*over, *(_open(rule, now) for rule in rules)])
    moves, notices = [], []
    for alert in Alert.objects.exclude(pk=FIRST):
        moves.append(AlertTransition(alert=alert, status="firing", value=alert.value, samples=80, at=alert.started_at))
        told = {"alert": alert, "channel": channel, "content": {"message": alert.message}, "status": "sent"}
        times = {"created_at": alert.started_at, "due_at": alert.started_at, "sent_at": alert.started_at}
        notices.append(Notice(kind="firing", tries=1, **told, **times))
        if alert.resolved_at:
            moves.append(AlertTransition(alert=alert, status="resolved", value=0.0, samples=80, at=alert.resolved_at))
    AlertTransition.objects.bulk_create(moves)
    Notice.objects.bulk_create(notices)


def _over(rule: AlertRule, now: datetime, random: Random) -> Alert:
    began = now - timedelta(minutes=random.randrange(60, 40_000))
    ended = began + timedelta(minutes=random.randrange(2, 50))
    return _alert(rule, began, status="resolved", resolved_at=ended)


def _open(rule: AlertRule, now: datetime) -> Alert:
    return _alert(rule, now - timedelta(minutes=7), status="firing", resolved_at=None)


def _alert(rule: AlertRule, began: datetime, **ends: Any) -> Alert:
    return Alert(
        rule=rule,
        group="pipeline=contract_review",
        labels={"pipeline": "contract_review"},
        severity=rule.severity,
        message=f"contract_review: {rule.name.lower()}",
        value=rule.threshold,
        worst_value=rule.threshold,
        started_at=began,
        fired_at=began,
        bad_at=began,
        announced_at=began,
        **ends,
    )


def _move_sequences_on() -> None:
    """Counters (PostgreSQL's) do not see keys that were given."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [AlertRule, Alert, Silence]):
            cursor.execute(statement)
