"""Reading alerts, rules, silences and deliveries."""

from django.db.models import Case, IntegerField, QuerySet, Value, When

from common.clock import database_now
from monitoring.models import Alert, AlertRule, Delivery, Silence
from monitoring.states import ACTIVE_ALERT, OPEN_ALERT, AlertSeverity


def open_alerts(*, with_pending: bool = True) -> "QuerySet[Alert]":
    """What is not over, worst first, then the oldest."""
    rows = Alert.objects.filter(status__in=OPEN_ALERT if with_pending else ACTIVE_ALERT)
    ranks = [When(severity=severity, then=Value(severity.rank)) for severity in AlertSeverity]
    return rows.select_related("rule").order_by(Case(*ranks, output_field=IntegerField()), "started_at", "pk")


def past_alerts() -> "QuerySet[Alert]":
    """Incidents that fired and are over, newest first."""
    rows = Alert.objects.filter(status="resolved", fired_at__isnull=False)
    return rows.select_related("rule").order_by("-started_at", "-pk")


def firing_count() -> int:
    """What fires and nobody has acknowledged or silenced: the number beside the entry in the side bar."""
    return Alert.objects.filter(status="firing").count()


def all_rules() -> "QuerySet[AlertRule]":
    return AlertRule.objects.select_related("pipeline").order_by("name", "pipeline")


def current_silences() -> "QuerySet[Silence]":
    """Those that hold now or are to come, the next to end first."""
    return Silence.objects.filter(ends_at__gt=database_now()).select_related("rule").order_by("ends_at")


def recent_deliveries() -> "QuerySet[Delivery]":
    """Every try to send a message, newest first."""
    return Delivery.objects.select_related("notice__channel", "notice__alert__rule").order_by("-pk")
