"""A person's word that an incident is over. Should it still be so, the next evaluation begins a new one."""

from django.db import transaction

from common.clock import database_now
from monitoring.exceptions import AlertMoved
from monitoring.models import Alert
from monitoring.services.alerts import find_alert, lock_alert, record_transition
from monitoring.services.notices import write_notices
from monitoring.states import OPEN_ALERT, AlertStatus, NoticeKind


@transaction.atomic
def resolve_alert(*, alert_id: int, by: str, reason: str = "") -> Alert:
    """End an incident by hand; who was told of it hears of its end. Raises `AlertNotFound`, `AlertMoved`."""
    lock_alert(alert_id)
    now = database_now()
    columns = {"status": AlertStatus.RESOLVED, "resolved_at": now}
    moved = Alert.objects.filter(pk=alert_id, status__in=OPEN_ALERT).update(**columns)
    alert = find_alert(alert_id)
    if not moved:
        raise AlertMoved(f"alert {alert_id} is over since {alert.resolved_at:%Y-%m-%d %H:%M} UTC")
    record_transition(alert, AlertStatus.RESOLVED, at=now, value=alert.value, by=by, reason=reason)
    write_notices(rule=alert.rule, alert=alert, kind=NoticeKind.RESOLVED, now=now)
    return alert
