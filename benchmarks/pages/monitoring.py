"""Monitoring of the dataset: executions rolled up, ready-made rules, an alert that fires, a silence, a channel.

The rows that addresses name have numbers of their own (`addresses.OF_MONITORING`).
"""

from datetime import datetime, timedelta

from django.core.management.color import no_style
from django.db import connection

from monitoring.models import Alert, AlertRule, AlertTransition, Channel, Silence
from monitoring.services.channels import ensure_log_channel
from monitoring.services.rollups import roll_up
from monitoring.services.rules import install_ready_made

FIRST = 1
ROUNDS = 200


def fill_monitoring(now: datetime) -> None:
    """Rows of earlier fillings stay as they are."""
    for _ in range(ROUNDS):
        if not roll_up(budget_seconds=60):
            break
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
    began = now - timedelta(hours=2)
    told = {
        "rule_id": FIRST,
        "group": "pipeline=invoice_triage",
        "labels": {"pipeline": "invoice_triage"},
        "status": "firing",
        "severity": "critical",
        "message": "invoice_triage: 7.2% of 83 executions failed",
        "value": 0.072,
        "worst_value": 0.09,
        "started_at": began,
        "fired_at": began,
        "bad_at": now,
    }
    alert, made = Alert.objects.get_or_create(pk=FIRST, defaults=told)
    if made:
        AlertTransition.objects.create(alert=alert, status="firing", value=0.06, samples=80, at=began)
    hushed = {"pipeline": "contracts", "reason": "maintenance", "starts_at": began, "ends_at": now + timedelta(days=1)}
    Silence.objects.get_or_create(pk=FIRST, defaults=hushed)
    _move_sequences_on()
    install_ready_made()


def _move_sequences_on() -> None:
    """Counters (PostgreSQL's) do not see keys that were given."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [AlertRule, Alert, Silence]):
            cursor.execute(statement)
