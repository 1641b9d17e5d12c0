"""What the pages of monitoring share: tabs, ranges, pipelines to choose from, values in words, what is missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from common.errors import NotFound
from monitoring.metrics.catalogue import find_metric
from monitoring.models import Alert, AlertRule
from monitoring.selectors.alerts import firing_count
from monitoring.states import ACTIVE_ALERT, LABELS, Operator
from monitoring.units import value_words
from orchestration.models import RegisteredPipeline
from web.paging import Pager
from web.parts import Tab
from web.quantities import HARD, length, quantity

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

READ = "monitoring.view_rollup"
READ_ALERTS = "monitoring.view_alert"
CHANGE_ALERTS = "monitoring.change_alert"
ADD_SILENCE = "monitoring.add_silence"
CHANGE_SILENCE = "monitoring.change_silence"
READ_RULES = "monitoring.view_alertrule"
ADD_RULE = "monitoring.add_alertrule"
CHANGE_RULE = "monitoring.change_alertrule"
DELETE_RULE = "monitoring.delete_alertrule"
READ_NOTICES = "monitoring.view_notice"
CHANGE_CHANNELS = "monitoring.change_channel"

MOST_CHOICES = 500
TABS = (
    ("monitoring", "Dashboard", READ),
    ("alerts", "Alerts", READ_ALERTS),
    ("alert-rules", "Rules", READ_RULES),
    ("performance", "Performance", READ),
    ("health", "Health", READ),
    ("monitoring-workers", "Workers", READ),
    ("alert-messages", "Messages", READ_NOTICES),
)
COUNTED: Mapping[str, Callable[[], int]] = {
    "alerts": lambda: Alert.objects.filter(status__in=ACTIVE_ALERT).count(),
    "alert-rules": AlertRule.objects.count,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time to choose: its steps are whole roll-ups, so that each is read once."""

    key: str
    label: str
    words: str
    length: timedelta
    step: timedelta
    step_words: str


SPANS = {
    span.key: span
    for span in (
        Span("1h", f"1{HARD}h", "the last hour", timedelta(hours=1), timedelta(minutes=1), "minute"),
        Span("6h", f"6{HARD}h", "the last 6 hours", timedelta(hours=6), timedelta(minutes=5), "five minutes"),
        Span("24h", f"24{HARD}h", "the last 24 hours", timedelta(hours=24), timedelta(hours=1), "hour"),
        Span("7d", f"7{HARD}d", "the last 7 days", timedelta(days=7), timedelta(hours=4), "four hours"),
        Span("30d", f"30{HARD}d", "the last 30 days", timedelta(days=30), timedelta(days=1), "day"),
    )
}
DEFAULT_SPAN = "24h"


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    href: str
    is_current: bool


def chosen_span(request: HttpRequest) -> Span:
    """What `range` says; anything else is the last day."""
    return SPANS.get(request.GET.get("range", ""), SPANS[DEFAULT_SPAN])


def span_choices(request: HttpRequest, chosen: Span) -> list[Choice]:
    """The ranges, each with the rest of the address as it is."""
    return [Choice(span.label, query_with(request, range=span.key), span is chosen) for span in SPANS.values()]


def query_with(request: HttpRequest, **changes: str) -> str:
    """The page's own query with these parameters changed; an empty one is left out."""
    query: QueryDict = request.GET.copy()
    for gone in ("version", *changes):
        query.pop(gone, None)
    query.update({name: value for name, value in changes.items() if value})
    return f"?{query.urlencode()}"


def pipeline_names() -> list[str]:
    return list(RegisteredPipeline.objects.order_by("pk").values_list("pk", flat=True)[:MOST_CHOICES])


def parents(label: str, url_name: str) -> tuple[tuple[str, str], ...]:
    """The pages above what is asked on a tab of Monitoring."""
    return (("Monitoring", reverse("monitoring")), (label, reverse(url_name)))


def tabs(request: HttpRequest, current: str) -> list[Tab]:
    """The pages of monitoring that the person may see."""
    return [
        Tab(label, reverse(name), name == current, COUNTED[name]() if name in COUNTED else None)
        for name, label, permission in TABS
        if request.user.has_perm(permission)
    ]


def firing(request: HttpRequest) -> int:
    """For the side bar."""
    return firing_count() if request.user.has_perm(READ_ALERTS) else 0


def missing_is_404(view: View[P]) -> View[P]:
    """The page for something that is not there says what."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(sentence(str(error).partition(";")[0])) from error

    return cast("View[P]", found)


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def condition(rule: AlertRule) -> str:
    """`error rate above 10 % over 15 m`."""
    unit = find_metric(rule.metric_name).unit
    comparison = LABELS.get(Operator(rule.operator), rule.operator)
    told = f"{metric_words(rule.metric_name)} {comparison} {value_words(rule.threshold, unit)}"
    return f"{told} over {length(rule.window_seconds)}"


def metric_words(name: str) -> str:
    return name.replace("_", " ")


def labels_words(labels: Mapping[str, str]) -> str:
    """What an alert is about: `invoices › extract`."""
    return " › ".join(str(value) for value in labels.values() if value)


def number_of_page(request: HttpRequest) -> int:
    """What `page` says, from 1."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def page_of(request: HttpRequest, rows: Any, most: int, what: str) -> tuple[list[Any], Pager]:
    """The rows of the page asked for, newest first, and the way to its neighbours; counts nothing."""
    number = number_of_page(request)
    start = (number - 1) * most
    found = list(rows[start : start + most + 1])
    shown = found[:most]
    told = f"{quantity(start + 1)} to {quantity(start + len(shown))}" if shown else "No"
    newer = query_with(request, page="" if number == 2 else str(number - 1)) if number > 1 else ""
    older = query_with(request, page=str(number + 1)) if len(found) > most else ""
    return shown, Pager(f"{told} {what}", newer, older)
