"""What monitoring itself adds to the health checks (`common.health`): deaf workers, alerts, messages, its own pace."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count

from common.clock import database_now
from common.health import Check, Status, register_check
from monitoring.models import Alert, AlertRule, Notice, Series, Watermark, WorkerSample
from monitoring.selectors.deafness import deaf_workers, silent_queues
from monitoring.services.storing import MOST_SERIES
from monitoring.services.switch import is_active
from monitoring.states import ACTIVE_ALERT, Level, NoticeStatus
from orchestration.models import TickerLease
from orchestration.selectors.workers import live_workers

SHOWN = 10
LATE = timedelta(minutes=5)


def register_checks() -> None:
    """Called once, in the app's `ready()`."""
    register_check("healthy", "deaf workers", _hearing)
    register_check("healthy", "alerts", _alerts)
    register_check("healthy", "messages", _messages)
    register_check("healthy", "metrics", _metrics)


def _hearing() -> Iterator[Check]:
    silent, deaf = silent_queues(), deaf_workers()
    for queue in silent:
        said = f"{queue.waiting} canaries wait in {queue.queue}, the oldest for {queue.oldest_seconds:.0f} s"
        yield Check("healthy", f"queue {queue.queue}", "problem", said, "its workers are alive but deaf: restart them")
    for worker in deaf:
        yield Check(
            "healthy", f"worker {worker}", "warning", "alive and idle, but takes no work", "restart this worker"
        )
    if not silent and not deaf and live_workers().exists():
        yield Check("healthy", "deaf workers", "ok", "none")


def _alerts() -> Iterator[Check]:
    rows = Alert.objects.filter(status__in=ACTIVE_ALERT).order_by("fired_at").select_related("rule")
    counts = dict(
        Alert.objects.filter(status__in=ACTIVE_ALERT).order_by().values_list("status").annotate(n=Count("pk"))
    )
    if not counts:
        yield Check("healthy", "alerts", "ok", "none is firing")
    for alert in rows[:SHOWN]:
        status: Status = "warning" if alert.status == "firing" else "note"
        said = f"{alert.severity}: {alert.message}"
        yield Check("healthy", f"alert {alert.pk}", status, said, alert.rule.runbook or None)
    if (more := sum(counts.values()) - SHOWN) > 0:
        yield Check("healthy", "alerts", "note", f"and {more} more")
    for rule in AlertRule.objects.filter(enabled=True).exclude(last_error="")[:SHOWN]:
        yield Check("healthy", f'alert rule "{rule}"', "problem", rule.last_error, "correct the rule")


def _messages() -> Iterator[Check]:
    day = database_now() - timedelta(days=1)
    failed = Notice.objects.filter(status=NoticeStatus.FAILED, created_at__gt=day).order_by()
    for channel, number in failed.values_list("channel").annotate(n=Count("pk"))[:SHOWN]:
        said = f"{number} messages of the last day were given up"
        yield Check("healthy", f"channel {channel}", "problem", said, "manage.py alerts --deliveries shows why")
    waiting = Notice.objects.filter(status=NoticeStatus.WAITING, created_at__lt=database_now() - LATE).count()
    if waiting:
        hint = "workers deliver them: is one running, and do the channels answer?"
        yield Check("healthy", "messages", "warning", f"{waiting} wait for more than 5 minutes", hint)


def _metrics() -> Iterator[Check]:
    if not is_active():
        said = "off" if not settings.ORCHESTRATION.monitoring_enabled else "paused"
        yield Check("healthy", "metrics", "note", said, "MONITORING_ENABLED, or orchestrator.monitor.monitoring_active")
        return
    sealed = Watermark.objects.filter(level=Level.MINUTE).values_list("sealed_until", flat=True).first()
    lag = database_now() - sealed if sealed else None
    if lag is not None and lag > LATE and TickerLease.objects.filter(expires_at__gt=database_now()).exists():
        yield Check("healthy", "metrics", "warning", f"{lag.total_seconds() / 60:.0f} minutes behind", "catching up?")
    elif sealed:
        yield Check("healthy", "metrics", "ok", f"complete up to {sealed:%Y-%m-%d %H:%M}")
    if (number := Series.objects.count()) >= MOST_SERIES:
        hint = "fewer pipelines, tasks, models and error codes; what is further is counted under (other)"
        yield Check("healthy", "metrics", "warning", f"{number} label sets are the most that are kept", hint)


def last_samples() -> list[WorkerSample]:
    """What the workers that are alive use of their machines."""
    return list(WorkerSample.objects.filter(worker_id__in=live_workers().values("pk")).order_by("hostname", "pid"))
