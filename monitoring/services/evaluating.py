"""Evaluating the rules: samples in, moves of alerts and messages out, one transaction for each rule.

What a sample means is decided in `monitoring.evaluation`; this module keeps the state as rows, lays people's silences
and acknowledgements over it, and writes messages into the outbox.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from common.clock import database_now
from common.resilience import DATABASE_TROUBLE
from common.wording import printable
from monitoring.evaluation import Move, Phase, Sample, State, Step, step
from monitoring.exceptions import InvalidTemplate
from monitoring.messages import format_message
from monitoring.metrics.catalogue import find_metric
from monitoring.metrics.families import Label
from monitoring.models import Alert, AlertRule, Silence
from monitoring.selectors.measuring import Measurements, Watch, spec_of
from monitoring.selectors.metrics import Group
from monitoring.services.alerts import record_transition
from monitoring.services.notices import write_notices
from monitoring.services.switch import is_active
from monitoring.states import ACTIVE_ALERT, AlertStatus, NoticeKind
from monitoring.units import value_words

logger = logging.getLogger(__name__)

MOST_GROUPS = 1_000
"""Groups of a rule that may have an open alert at once; further ones wait until there is room."""


def evaluate_rules(*, now: datetime | None = None) -> int:
    """Evaluate every rule once; returns how many alerts moved. A ticker duty."""
    if not is_active():
        return 0
    now = now or database_now()
    measurements = Measurements(now)
    silences = list(Silence.objects.filter(starts_at__lte=now, ends_at__gt=now))
    moved = sum(_evaluate_safely(rule, measurements, silences) for rule in AlertRule.objects.filter(enabled=True))
    return moved + _end_alerts_of_disabled_rules(now)


def _evaluate_safely(rule: AlertRule, measurements: Measurements, silences: Iterable[Silence]) -> int:
    """One rule that cannot be evaluated must not keep the others from it; the rule says so."""
    moved = 0
    try:
        moved = evaluate_rule(rule, measurements, silences)
    except DATABASE_TROUBLE:
        raise
    except Exception as trouble:
        logger.exception("the alert rule %s cannot be evaluated", rule)
        _take_turn(rule, measurements.now, error=f"{type(trouble).__name__}: {trouble}")
    return moved


def evaluate_rule(rule: AlertRule, measurements: Measurements, silences: Iterable[Silence] = ()) -> int:
    """Take what is measured now into account; returns how many alerts moved."""
    watch = Watch.of(rule)
    samples = measurements.samples(watch)
    with transaction.atomic():
        if not _take_turn(rule, measurements.now):
            return 0
        pass_ = _Pass(rule, watch, measurements, [row for row in silences if row.rule_id in (None, rule.pk)])
        return pass_.run(samples)


def _take_turn(rule: AlertRule, now: datetime, error: str = "") -> bool:
    """Note when the rule was evaluated, which locks it; False when that is behind what was evaluated before."""
    mine = AlertRule.objects.filter(pk=rule.pk, enabled=True)
    mine = mine.filter(Q(evaluated_at=None) | Q(evaluated_at__lte=now))
    return bool(mine.update(evaluated_at=now, last_error=printable(error)[:500]))


_EVALUATED = ("status", "message", "value", "worst_value", "started_at", "fired_at", "bad_at", "resolved_at")
"""What an evaluation changes of an alert that is there; the rest of it is people's."""


@dataclass
class _Pass:
    """One rule at one moment, under its lock."""

    rule: AlertRule
    watch: Watch
    measurements: Measurements
    silences: list[Silence]

    def run(self, samples: Mapping[Group, Sample]) -> int:
        open_alerts = {alert.group: alert for alert in Alert.objects.filter(rule=self.rule).exclude(status="resolved")}
        moved = 0
        for alert in [alert for alert in open_alerts.values() if not self._is_watched(alert)]:
            moved += _end(open_alerts.pop(alert.group), at=self.measurements.now, reason="its rule was changed")
        announced = self._last_announcements()
        named = {self._name(group): (self.watch.labels_of(group), sample) for group, sample in samples.items()}
        for alert in open_alerts.values():
            named.setdefault(alert.group, (alert.labels, self.measurements.empty(self.watch)))
        room = MOST_GROUPS - len(open_alerts)
        for name, (labels, sample) in sorted(named.items()):
            alert = open_alerts.get(name) or Alert(
                rule=self.rule, group=name, labels=labels, severity=self.rule.severity, bad_at=sample.at
            )
            if alert._state.adding and room <= 0:
                continue
            moved += self._take(alert, sample, announced.get(name))
            room -= not alert._state.adding and name not in open_alerts
        return moved

    def _is_watched(self, alert: Alert) -> bool:
        """Whether the rule still looks at such groups: it may have been limited or grouped in another way since."""
        grouped = {str(label): alert.labels.get(label) for label in self.watch.by}
        return bool(alert.labels == {**grouped, **self.watch.scope})

    def _name(self, group: Group) -> str:
        return group_name(self.watch.by, group)

    def _last_announcements(self) -> dict[str, datetime]:
        """When people were last told of each group, as far as the cooldown reaches."""
        since = self.measurements.now - timedelta(seconds=self.rule.cooldown_seconds)
        rows = Alert.objects.filter(rule=self.rule, announced_at__gt=since).order_by().values_list("group")
        return dict(rows.annotate(last=Max("announced_at")))

    def _take(self, alert: Alert, sample: Sample, announced_at: datetime | None) -> int:
        is_muted = self._is_silenced(alert)
        state = _state_of(alert, announced_at)
        stepped = step(spec_of(self.rule), state, sample, is_muted=is_muted)
        if alert._state.adding and not stepped.moves:
            return 0
        before = alert.status
        moves = self._apply(alert, stepped, sample, is_muted)
        alert.save(update_fields=None if alert._state.adding else _EVALUATED)
        for status, move in moves:
            reason = "a silence holds" if status == AlertStatus.SILENCED else ""
            record_transition(
                alert, status, at=sample.at, value=move.sample.value, samples=move.sample.samples, reason=reason
            )
        if stepped.announce is not None:
            told = write_notices(rule=self.rule, alert=alert, kind=stepped.announce, now=sample.at)
            if told and stepped.announce == NoticeKind.FIRING:  # else the next evaluation tries again
                alert.announced_at = sample.at
                alert.save(update_fields=["announced_at"])
        return int(alert.status != before)

    def _apply(self, alert: Alert, stepped: Step, sample: Sample, is_muted: bool) -> list[tuple[AlertStatus, Move]]:
        """Put what the step says into the row; returns the statuses it went through."""
        state, moves = stepped.state, []
        alert.value = sample.value
        alert.bad_at = state.bad_at or alert.bad_at
        if state.since is not None:
            alert.started_at = state.since
        for move in stepped.moves:
            alert.status = _STATUS[move.phase]
            moves.append((AlertStatus(alert.status), move))
            if move.phase == Phase.FIRING:
                alert.fired_at = sample.at
            if move.phase == Phase.RESOLVED:
                alert.resolved_at = sample.at
        if state.phase == Phase.FIRING and (overlay := _overlay(alert, is_muted)) != alert.status:
            alert.status = overlay
            moves.append((overlay, Move(Phase.FIRING, sample)))
        alert.worst_value = _worse(self.rule, alert.worst_value, sample.value)
        if stepped.moves or stepped.announce:
            alert.message = self.message(alert, sample)
        return moves

    def message(self, alert: Alert, sample: Sample) -> str:
        """The rule's template filled in; one that no longer fits is said instead of losing the alert."""
        try:
            fields = message_fields(self.rule, alert.labels, sample.value, sample.samples)
            return format_message(self.rule.message_template, fields)
        except InvalidTemplate as error:
            return f"{self.rule.name}: {sample.value} {self.rule.operator} {self.rule.threshold} (message: {error})"

    def _is_silenced(self, alert: Alert) -> bool:
        pipeline = alert.labels.get("pipeline", "")
        return any(
            row.group in ("", alert.group) and (not row.pipeline or row.pipeline == pipeline) for row in self.silences
        )


def message_fields(
    rule: AlertRule, labels: Mapping[str, str], value: float | None, samples: int
) -> dict[str, float | str | None]:
    """What a rule's template is filled in with."""
    unit = find_metric(rule.metric_name).unit
    return {
        "current_value": value,
        "threshold": rule.threshold,
        "value": None if value is None else value_words(value, unit),
        "limit": value_words(rule.threshold, unit),
        "samples": samples,
        "window_seconds": rule.window_seconds,
        "rule": rule.name,
        "metric": rule.metric_name,
        "severity": rule.severity,
        "operator": rule.operator,
        "unit": unit,
        "runbook": rule.runbook,
        **{label: labels.get(label) or "(all)" for label in ("pipeline", "task", "model", "detail")},
    }


_STATUS = {
    Phase.PENDING: AlertStatus.PENDING,
    Phase.FIRING: AlertStatus.FIRING,
    Phase.RESOLVED: AlertStatus.RESOLVED,
}


def group_name(by: Iterable[Label], group: Group) -> str:
    """A group in canonical form, readable: `pipeline=invoices, task=extract`."""
    return ", ".join(f"{label}={value}" for label, value in zip(by, group, strict=True))


def _state_of(alert: Alert, announced_at: datetime | None) -> State:
    """Where the evaluation stood; silenced and acknowledged alerts go on firing."""
    if alert._state.adding:
        return State(announced_at=announced_at)
    return State(
        phase=Phase.FIRING if alert.status in ACTIVE_ALERT else Phase.PENDING,
        since=alert.started_at,
        bad_at=alert.bad_at,
        is_announced=alert.announced_at is not None,
        announced_at=alert.announced_at or announced_at,
    )


def _overlay(alert: Alert, is_muted: bool) -> AlertStatus:
    if is_muted:
        return AlertStatus.SILENCED
    return AlertStatus.ACKNOWLEDGED if alert.acknowledged_at else AlertStatus.FIRING


def _worse(rule: AlertRule, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other) if rule.operator in ("<", "<=") else max(one, other)


def _end_alerts_of_disabled_rules(now: datetime) -> int:
    """Nobody watches them any more, so nothing can be said of them; people who were told hear that."""
    ended = 0
    for alert in Alert.objects.filter(rule__enabled=False).exclude(status="resolved").select_related("rule"):
        with transaction.atomic():
            ended += _end(alert, at=now, reason="its rule was switched off")
    return ended


def _end(alert: Alert, *, at: datetime, reason: str) -> bool:
    """End what the rule does not look at any more; False when it had ended."""
    mine = Alert.objects.filter(pk=alert.pk).exclude(status="resolved")
    if not mine.update(status=AlertStatus.RESOLVED, resolved_at=at):
        return False
    alert.refresh_from_db()
    record_transition(alert, AlertStatus.RESOLVED, at=at, reason=reason)
    write_notices(rule=alert.rule, alert=alert, kind=NoticeKind.RESOLVED, now=at)
    return True
