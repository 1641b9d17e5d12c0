"""The list of alerts, one alert with its history, and silences. What people do about them is `alert_verbs`."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from common.errors import OrchestrationError
from monitoring.metrics.catalogue import find_metric
from monitoring.models import Alert, AlertTransition, Delivery
from monitoring.selectors.alerts import current_silences, open_alerts, past_alerts
from monitoring.selectors.backtest import Incident, samples_of
from monitoring.services.alerts import find_alert
from monitoring.states import ACTIVE_ALERT, AlertStatus
from monitoring.units import value_words
from monitoring.views import parts
from monitoring.views.alert_rows import STATUS_STATES, as_row, open_sentence
from monitoring.views.backtest_chart import history_chart
from monitoring.views.behind import READ_EXECUTIONS, behind_part
from web.access import page
from web.charts.series import Lines
from web.parts import Fact
from web.quantities import duration

MOST_OPEN, ON_PAGE, MOST_SILENCES, MOST_MOVES = 200, 25, 50, 200
BEFORE, AFTER, LONGEST = timedelta(hours=1), timedelta(minutes=30), timedelta(days=2)
STATES = {"open": "Open", "past": "Resolved"}


@page(parts.READ_ALERTS)
def alerts(request: HttpRequest) -> HttpResponse:
    """`state=past` lists what is over, page by page; else what is open, worst first."""
    state = "past" if request.GET.get("state") == "past" else "open"
    return render(request, "monitoring/alerts.html", _shared(request) | _LISTS[state](request) | {"state": state})


def _shared(request: HttpRequest) -> dict[str, Any]:
    rows = list(open_alerts(with_pending=False).order_by().values_list("severity", "status"))
    return {
        "tabs": parts.tabs(request, "alerts"),
        "states": [parts.Choice(label, f"?state={key}", False) for key, label in STATES.items()],
        "sentence": open_sentence(_count(rows)),
        "silences": list(current_silences()[:MOST_SILENCES]),
        "now": database_now(),
        "can_silence": request.user.has_perm(parts.ADD_SILENCE),
        "can_end": request.user.has_perm(parts.CHANGE_SILENCE),
    }


def _count(rows: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    return Counter(rows)


def _open(request: HttpRequest) -> dict[str, Any]:
    found = list(open_alerts()[: MOST_OPEN + 1])
    rows = [as_row(request, alert) for alert in found[:MOST_OPEN]]
    active = [row for row in rows if row.alert.status in ACTIVE_ALERT]
    pending = [row for row in rows if row.alert.status == AlertStatus.PENDING]
    return {"active": active, "pending": pending, "has_more": len(found) > MOST_OPEN}


def _past(request: HttpRequest) -> dict[str, Any]:
    shown, pager = parts.page_of(request, past_alerts(), ON_PAGE, "alerts, newest first")
    return {"past": [as_row(request, alert) for alert in shown], "pager": pager}


_LISTS = {"open": _open, "past": _past}


@page(parts.READ_ALERTS)
@parts.missing_is_404
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """What is wrong, its figures against the limit, the executions behind it, every move, and who was told."""
    found = find_alert(alert_id)
    row = as_row(request, found)
    unit = find_metric(found.rule.metric_name).unit
    context = {
        "tabs": parts.tabs(request, "alerts"),
        "row": row,
        "alert": found,
        "rule": found.rule,
        "condition": parts.sentence(parts.condition(found.rule)),
        "facts": _facts(found, unit),
        "behind": behind_part(request, found),
        "chart": _chart(found),
        "moves": [_move(one, unit) for one in found.transitions.order_by("-pk")[:MOST_MOVES]],
        "deliveries": list(
            Delivery.objects.filter(notice__alert=found).select_related("notice").order_by("-pk")[:MOST_SILENCES]
        ),
        "can_resolve": found.is_open and request.user.has_perm(parts.CHANGE_ALERTS),
        "can_change_rule": request.user.has_perm(parts.CHANGE_RULE),
        "can_see_executions": request.user.has_perm(READ_EXECUTIONS),
    }
    return render(request, "monitoring/alert.html", context)


def _facts(found: Alert, unit: str) -> list[Fact]:
    end = found.resolved_at or database_now()
    facts = [
        Fact("Now" if found.is_open else "Last", value_words(found.value, unit)),
        Fact("Worst", value_words(found.worst_value, unit)),
        Fact("Lasted" if found.resolved_at else "For", duration((end - found.started_at).total_seconds())),
    ]
    facts += [Fact(label.capitalize(), value) for label, value in found.labels.items() if value]
    if found.acknowledged_by:
        facts.append(Fact("Taken by", found.acknowledged_by, found.note))
    return facts


def _move(one: AlertTransition, unit: str) -> dict[str, Any]:
    return {
        "row": one,
        "state": STATUS_STATES[AlertStatus(one.status)],
        "value": "" if one.value is None else value_words(one.value, unit),
    }


def _chart(found: Alert) -> Lines | None:
    """What its rule saw around the incident, the time it fired as a band; nothing where that is kept no longer."""
    now = database_now()
    end = min(now, (found.resolved_at or now) + AFTER)
    start = max(found.started_at - BEFORE, end - LONGEST)
    try:
        samples = samples_of(found.rule, found.labels, start, end)
    except OrchestrationError:
        return None  # the rule was changed to something that cannot be measured
    if not samples:
        return None
    bands = (_incident(found),) if found.fired_at else ()
    return history_chart(found.rule, found.labels, samples, bands)


def _incident(found: Alert) -> Incident:
    fired_at = found.fired_at or found.started_at
    return Incident(found.labels, found.started_at, fired_at, found.resolved_at, found.worst_value, was_announced=True)
