"""Alerts as rows of a page: what is wrong, by how much, since when, who looks after it, what can be done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from monitoring.metrics.catalogue import find_metric
from monitoring.models import Alert
from monitoring.selectors.alerts import open_alerts
from monitoring.states import ALERT_MOVES, LABELS, AlertSeverity, AlertStatus, Operator
from monitoring.units import bare_words, value_words
from monitoring.views import parts
from web.quantities import plural, quantity

SEVERITY_STATES = {
    AlertSeverity.CRITICAL: "critical",
    AlertSeverity.ERROR: "failed",
    AlertSeverity.WARNING: "warning",
    AlertSeverity.INFO: "info",
}
STATUS_STATES = {
    AlertStatus.PENDING: "pending",
    AlertStatus.FIRING: "critical",
    AlertStatus.ACKNOWLEDGED: "running",
    AlertStatus.SILENCED: "paused",
    AlertStatus.RESOLVED: "completed",
}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with its words; what the person may do with it as it stands."""

    alert: Alert
    severity_state: str
    status_state: str
    value: str
    limit: str
    of: str
    owner: str
    can_acknowledge: bool
    can_silence: bool

    @property
    def title(self) -> str:
        """Its message; of one that is over its rule, since the last value was a good one."""
        if self.alert.is_open and self.alert.message:
            return self.alert.message
        return " of ".join(filter(None, (self.alert.rule.name, self.of)))


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The worst of what is open, with how many there are."""

    rows: Sequence[AlertRow]
    total: int
    sentence: str


def open_rows(request: HttpRequest, most: int, pipeline: str = "") -> OpenAlerts:
    """What fires, or is taken care of or silenced, worst first; of one pipeline also what is about all."""
    rows = open_alerts(with_pending=False)
    counts: Counter[tuple[str, str]] = Counter(rows.order_by().values_list("severity", "status"))
    found = list(rows[: most if not pipeline else 200])
    if pipeline:
        found = [alert for alert in found if alert.labels.get("pipeline") in (None, "", pipeline)][:most]
    return OpenAlerts([as_row(request, alert) for alert in found], sum(counts.values()), open_sentence(counts))


def open_sentence(counts: Counter[tuple[str, str]]) -> str:
    """`2 alerts have no owner, 1 of them critical.`"""
    unowned = {severity: number for (severity, status), number in counts.items() if status == AlertStatus.FIRING}
    if not unowned:
        return (
            "No alert is firing."
            if not counts
            else f"{plural(sum(counts.values()), 'alert is', 'alerts are')} open, and none is without an owner."
        )
    worst = min((AlertSeverity(name) for name in unowned), key=lambda severity: severity.rank)
    number = sum(unowned.values())
    told = f"{plural(number, 'alert has', 'alerts have')} no owner"
    if unowned[worst] == number:
        return f"{told}, {worst}." if number == 1 else f"{told}, all {worst}."
    return f"{told}, {quantity(unowned[worst])} of them {worst}."


def as_row(request: HttpRequest, alert: Alert) -> AlertRow:
    rule = alert.rule
    unit = find_metric(rule.metric_name).unit
    moves = ALERT_MOVES[AlertStatus(alert.status)]
    return AlertRow(
        alert=alert,
        severity_state=SEVERITY_STATES[AlertSeverity(alert.severity)],
        status_state=STATUS_STATES[AlertStatus(alert.status)],
        value=value_words(alert.value, unit),
        limit=f"{LABELS[Operator(rule.operator)]} {bare_words(rule.threshold, unit)}",
        of=parts.labels_words(alert.labels),
        owner=alert.acknowledged_by,
        can_acknowledge=AlertStatus.ACKNOWLEDGED in moves and request.user.has_perm(parts.CHANGE_ALERTS),
        can_silence=alert.is_open and request.user.has_perm(parts.ADD_SILENCE),
    )
