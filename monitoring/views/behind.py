"""The executions behind an alert, as a part of its page: how many its metric counted, the worst of them, the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from monitoring.metrics.families import OTHER
from monitoring.models import Alert
from monitoring.selectors.behind import MOST_EVENTS, Behind, BehindOne, executions_behind
from monitoring.selectors.counted import UNSUCCESSFUL
from monitoring.units import value_words
from monitoring.views.parts import metric_words
from orchestration.models import Execution
from web.quantities import plural, quantity

READ_EXECUTIONS = "orchestration.view_execution"
SHOWN = 5


@dataclass(frozen=True, slots=True)
class BehindRow:
    """A line: `said` is why it is here, such as the error or how long it took."""

    execution: Execution
    said: str

    @property
    def name(self) -> str:
        return self.execution.title or self.execution.pipeline_id


@dataclass(frozen=True, slots=True)
class BehindPart:
    """What the template shows. `links` lead to the list of executions: words, address."""

    sentence: str
    rows: Sequence[BehindRow]
    links: Sequence[tuple[str, str]]


def behind_part(request: HttpRequest, alert: Alert) -> BehindPart | None:
    """None for who may not see executions, and for alerts about workers and the like."""
    if not request.user.has_perm(READ_EXECUTIONS):
        return None
    found = executions_behind(alert, SHOWN)
    if found is None:
        return None
    rows = [BehindRow(one.execution, said_of(one, found.unit)) for one in found.worst]
    return BehindPart(_sentence(alert, found), rows, _links(alert, found) if found.number else ())


def said_of(one: BehindOne, unit: str) -> str:
    """`3 m 20 s at extract`, `rate_limited at extract`, or what the execution failed with."""
    where = f" at {one.task}" if one.task else ""
    if one.value is not None:
        return value_words(one.value, unit) + where
    if one.code and one.is_bad:
        return f"{one.code}{where}"
    error = one.execution.error or {}
    return str(error.get("message") or "") or where.strip().capitalize()


def _sentence(alert: Alert, found: Behind) -> str:
    """`Error rate counted 83 executions; 6 of them made it worse.`"""
    metric = metric_words(alert.rule.metric_name).capitalize()
    if not found.number:
        return f"{metric} counted no execution in that time."
    number = plural(found.number, "execution", "executions")
    told = f"{metric} counted {'at least ' if found.is_cut else ''}{number}"
    if not found.unit and found.bad:
        told += _made_worse(found)
    cut = f" Its last {quantity(MOST_EVENTS)} events were looked at." if found.is_cut else ""
    return f"{told}.{cut}"


def _made_worse(found: Behind) -> str:
    if found.bad < found.number:
        return f"; {quantity(found.bad)} of them made it worse"
    return ", which made it worse" if found.number == 1 else "; all of them made it worse"


def _links(alert: Alert, found: Behind) -> list[tuple[str, str]]:
    """The list, narrowed down as far as its filters go: pipeline, time, and what failed."""
    pipeline = alert.labels.get("pipeline", "")
    pipeline = "" if pipeline == OTHER else pipeline
    of = f" of {pipeline}" if pipeline else ""
    query = {"pipeline": pipeline, "by": "end", "since": _moment(found.start), "until": _moment(found.end)}
    links = [(f"All executions{of} in that time", _address(query))]
    if any(one.is_bad and one.execution.status in UNSUCCESSFUL for one in found.worst):
        links.append((f"Failed executions{of} in that time", _address(query, UNSUCCESSFUL)))
    return links


def _address(query: dict[str, str], states: Sequence[str] = ()) -> str:
    given = [*((name, value) for name, value in query.items() if value), *(("state", state) for state in states)]
    return f"{reverse('executions')}?{urlencode(given)}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
