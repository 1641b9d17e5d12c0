"""Short words for tests of alerts: a rule, minutes with so many good and bad executions, and the clock between them."""

from datetime import datetime, timedelta
from typing import Any

from monitoring.metrics.families import Labels
from monitoring.metrics.summary import Summary
from monitoring.models import AlertRule
from monitoring.services import rules
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.storing import Entry, replace_rollups, series_ids
from monitoring.states import AlertSeverity, Level

MINUTE = timedelta(minutes=1)


def rule(**changes: Any) -> AlertRule:
    """The product description's, told to a channel of each kind."""
    given = {
        "name": "High Error Rate Alert",
        "metric_name": "error_rate",
        "operator": ">",
        "threshold": 0.1,
        "severity": AlertSeverity.WARNING,
        "message_template": "Pipeline {pipeline} error rate: {current_value:.2%}",
        "window_seconds": 60,
        "cooldown_seconds": 0,
    }
    return AlertRule(**{**given, **changes})


def add(**changes: Any) -> AlertRule:
    return rules.add_alert_rule(rule=rule(**changes))


def write_minute(at: datetime, *, ok: int, error: int, pipeline: str = "flow") -> None:
    """A minute in which so many executions ended well and badly."""
    series = series_ids({Labels(pipeline)})[Labels(pipeline)]
    summary = Summary(count=ok + error, ok=ok, error=error)
    replace_rollups(Level.MINUTE, at, at, [Entry("executions", series, at, summary)], derived=True)


class Clock:
    """Minutes that pass, each with its executions, evaluated at its end."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def minute(self, ok: int, error: int, **where: str) -> None:
        if ok or error:
            write_minute(self.now, ok=ok, error=error, **where)
        self.now += MINUTE
        evaluate_rules(now=self.now)
