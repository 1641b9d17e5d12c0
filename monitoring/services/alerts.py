"""What people do about alerts: acknowledge them, and silence what they know of."""

from datetime import datetime, timedelta

from django.db import transaction

from common.clock import database_now
from monitoring.exceptions import AlertMoved, AlertNotFound, InvalidSilence, SilenceNotFound
from monitoring.models import Alert, AlertRule, AlertTransition, Silence
from monitoring.selectors.metrics import check_pipeline
from monitoring.signals import alert_changed
from monitoring.states import ALERT_MOVES, AlertStatus

LONGEST_SILENCE = timedelta(days=30)


def find_alert(alert_id: int) -> Alert:
    """Raises `AlertNotFound`."""
    alert = Alert.objects.select_related("rule").filter(pk=alert_id).first()
    if alert is None:
        raise AlertNotFound(f"there is no alert {alert_id}; manage.py alerts lists those that are open")
    return alert


def lock_alert(alert_id: int) -> Alert:
    """Inside a transaction: nobody evaluates its rule until that ends. Raises `AlertNotFound`."""
    rule_id = find_alert(alert_id).rule_id
    AlertRule.objects.select_for_update().filter(pk=rule_id).first()
    return find_alert(alert_id)


@transaction.atomic
def acknowledge_alert(*, alert_id: int, by: str, note: str = "") -> Alert:
    """Say that somebody knows: it stays open and tells of its end. Raises `AlertNotFound`, `AlertMoved`."""
    lock_alert(alert_id)
    now = database_now()
    allowed = [status for status, moves in ALERT_MOVES.items() if AlertStatus.ACKNOWLEDGED in moves]
    columns = {"acknowledged_by": by[:150], "acknowledged_at": now, "note": note[:500]}
    moved = Alert.objects.filter(pk=alert_id, status__in=allowed).update(status=AlertStatus.ACKNOWLEDGED, **columns)
    alert = find_alert(alert_id)
    if not moved:
        whom = f" by {alert.acknowledged_by}" if alert.status == AlertStatus.ACKNOWLEDGED else ""
        raise AlertMoved(f"alert {alert_id} is {alert.status}{whom}; only one that fires can be acknowledged")
    record_transition(alert, AlertStatus.ACKNOWLEDGED, at=now, by=by, reason=note)
    return alert


@transaction.atomic
def silence(
    *,
    reason: str,
    ends_at: datetime,
    by: str = "",
    starts_at: datetime | None = None,
    rule: AlertRule | None = None,
    pipeline_id: str = "",
    alert: Alert | None = None,
) -> Silence:
    """Tell nobody of what it names (a rule, a pipeline, one alert's group) until `ends_at`; it takes effect at the next
    evaluation. Raises `InvalidSilence`, `PipelineNotFound`.
    """
    now = database_now()
    starts = starts_at or now
    if not reason.strip():
        raise InvalidSilence("say why, for the next person who wonders at the quiet")
    if ends_at <= max(starts, now):
        raise InvalidSilence("its end has to be in the future, after its start")
    if ends_at - starts > LONGEST_SILENCE:
        raise InvalidSilence(f"a silence lasts at most {LONGEST_SILENCE.days} days; switch the rule off instead")
    if rule is None and alert is None and not pipeline_id:
        raise InvalidSilence("name a rule, a pipeline or an alert; silencing everything is MONITORING_ENABLED=false")
    if pipeline_id:
        check_pipeline(pipeline_id)
    return Silence.objects.create(
        rule=alert.rule if alert else rule,
        pipeline=pipeline_id,
        group=alert.group if alert else "",
        reason=reason.strip()[:500],
        starts_at=starts,
        ends_at=ends_at,
        created_by=by[:150],
    )


def end_silence(*, silence_id: int) -> None:
    """Let messages go out again, from the next evaluation on. Raises `SilenceNotFound`."""
    now = database_now()
    found = Silence.objects.filter(pk=silence_id, ends_at__gt=now).first()
    if found is None:
        raise SilenceNotFound(f"there is no silence {silence_id} that still holds")
    if found.starts_at >= now:
        found.delete()
    else:
        Silence.objects.filter(pk=silence_id).update(ends_at=now)


def record_transition(
    alert: Alert,
    status: AlertStatus,
    *,
    at: datetime,
    value: float | None = None,
    samples: int = 0,
    by: str = "",
    reason: str = "",
) -> None:
    """Write down a move inside the transaction that makes it, and tell of it after the commit."""
    AlertTransition.objects.create(
        alert=alert, status=status, at=at, value=value, samples=samples, by=by[:150], reason=reason[:500]
    )
    pk = alert.pk
    transaction.on_commit(lambda: alert_changed.send_robust(sender=Alert, alert_id=pk, status=str(status)))
