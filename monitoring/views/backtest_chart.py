"""What a back-test found, as the rule editor shows it: one chart, incidents, how often people would be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring.evaluation import Sample
from monitoring.exceptions import InvalidTemplate
from monitoring.messages import format_message
from monitoring.metrics.catalogue import find_metric
from monitoring.models import AlertRule
from monitoring.selectors.backtest import LOW, Backtest, GroupHistory, Incident, samples_of
from monitoring.services.evaluating import message_fields
from monitoring.units import value_words
from monitoring.views import parts
from web.charts.series import Band, Lines, Point, Series
from web.quantities import clock, duration, plural

MOST_POINTS, MOST_INCIDENTS = 180, 8


@dataclass(frozen=True, slots=True)
class IncidentRow:
    incident: Incident
    of: str
    lasted: str
    worst: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer to "what would this rule have done"."""

    title: str
    told: str
    chart: Lines | None
    measured: str
    incidents: Sequence[IncidentRow]
    more: int
    message: str


def preview(rule: AlertRule, found: Backtest, words: str) -> Preview:
    unit = find_metric(rule.metric_name).unit
    incidents = found.incidents
    group = _most_telling(rule, found)
    return Preview(
        title=_title(len(incidents), words),
        told=_told(found),
        chart=_chart(rule, group, found) if group else None,
        measured=", ".join(f"{name} {value_words(value, unit)}" for name, value in found.value_percentiles.items()),
        incidents=[_row(one, found.end, unit) for one in reversed(incidents[-MOST_INCIDENTS:])],
        more=max(0, len(incidents) - MOST_INCIDENTS),
        message=_message(rule, found),
    )


def _title(number: int, words: str) -> str:
    if not number:
        return f"Would not have fired in {words}"
    return f"Would have fired {'once' if number == 1 else plural(number, 'time', 'times')} in {words}"


def _told(found: Backtest) -> str:
    if not found.groups:
        return "Nothing was measured in this time, so there is nothing to replay."
    messages = f"{plural(found.messages, 'message', 'messages')} to each channel"
    longest = max(found.incidents, key=lambda one: one.seconds(found.end), default=None)
    if longest is None:
        return f"{messages}."
    when = clock(longest.fired_at, found.end)
    return f"{messages}. Longest {duration(longest.seconds(found.end))}, from {when}."


def _most_telling(rule: AlertRule, found: Backtest) -> GroupHistory | None:
    """The group with most incidents, then the one that came closest."""
    sign = -1.0 if rule.operator in LOW else 1.0

    def rank(group: GroupHistory) -> tuple[int, float]:
        return len(group.incidents), float("-inf") if group.worst_value is None else sign * group.worst_value

    return max(found.groups, key=rank, default=None)


def _chart(rule: AlertRule, group: GroupHistory, found: Backtest) -> Lines:
    samples = samples_of(rule, group.labels, found.start, found.end)
    return history_chart(rule, group.labels, samples, group.incidents)


def history_chart(
    rule: AlertRule, labels: Mapping[str, str], samples: Sequence[Sample], incidents: Sequence[Incident]
) -> Lines:
    """What a rule measured of one group against its limit, and when it fired.

    The worst of several minutes for each point, so that nothing that counts is lost.
    """
    unit = find_metric(rule.metric_name).unit
    together = max(1, -(-len(samples) // MOST_POINTS))
    chunks = [samples[index : index + together] for index in range(0, len(samples), together)]
    factor, shown = (100.0, "percent") if unit in ("ratio", "share") else (1.0, unit)
    name = parts.metric_words(rule.metric_name)
    of = parts.labels_words(labels)
    return Lines(
        title=f"{name}{f', {of}' if of else ''}",
        points=tuple(Point(chunk[0].at, {"value": _worst(rule, chunk, factor)}) for chunk in chunks),
        series=(Series("value", name.capitalize(), "accent"),),
        unit=shown,
        limit=rule.threshold * factor,
        bands=tuple(_band(one, samples[-1].at) for one in incidents),
    )


def _band(one: Incident, end: datetime) -> Band:
    return Band(one.fired_at, one.ended_at or end, f"fired for {duration(one.seconds(end))}")


def _worst(rule: AlertRule, chunk: Sequence[Sample], factor: float) -> float | None:
    values = [one.value for one in chunk if one.value is not None]
    if not values:
        return None
    return factor * (min(values) if rule.operator in LOW else max(values))


def _row(one: Incident, end: datetime, unit: str) -> IncidentRow:
    return IncidentRow(
        one, parts.labels_words(one.labels), duration(one.seconds(end)), value_words(one.worst_value, unit)
    )


def _message(rule: AlertRule, found: Backtest) -> str:
    """As people would read it, of the latest incident or of the threshold."""
    last = found.incidents[-1] if found.incidents else None
    labels = dict(last.labels) if last else dict(rule.scope)
    value = last.worst_value if last and last.worst_value is not None else rule.threshold
    try:
        return format_message(rule.message_template, message_fields(rule, labels, value, max(1, rule.minimum_samples)))
    except InvalidTemplate as error:
        return str(error)
