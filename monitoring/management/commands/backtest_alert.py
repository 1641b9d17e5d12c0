"""`manage.py backtest_alert`: how a rule would have behaved on the past."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, moment, seconds, styled
from monitoring.console import add_period, period_of, shown
from monitoring.metrics.catalogue import find_metric
from monitoring.models import AlertRule
from monitoring.selectors.backtest import Backtest, Incident, backtest
from monitoring.services.rules import find_rule
from monitoring.states import GroupBy, NoData, Operator
from web.quantities import HARD, length

LENGTHS = {
    "window": "over how long it is measured",
    "for": "how long it must be bad before the alert fires",
    "keep-firing": "how long it must be well before the alert ends",
    "cooldown": "how long after a message the next one is held back",
}


class Command(ConsoleCommand):
    help = "Replay an alert rule over stored history: a saved one (--rule), or one made of the options. Saves nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rule", type=int, metavar="ID", help="a saved rule; other options change it for this run")
        parser.add_argument("--metric", metavar="NAME", help="manage.py metrics --list")
        parser.add_argument(
            "--operator", choices=list(map(str, Operator)), help="how the value compares when it is bad"
        )
        parser.add_argument("--threshold", type=float, help="with what; a share is 0 to 1")
        parser.add_argument("--resolve-threshold", type=float, help="where it is well again (default: the threshold)")
        parser.add_argument("--pipeline", metavar="ID", help="only this pipeline")
        parser.add_argument("--group-by", choices=[str(word) for word in GroupBy if word], help="an incident for each")
        for option, meaning in LENGTHS.items():
            parser.add_argument(f"--{option}", type=int, metavar="SECONDS", help=meaning)
        parser.add_argument("--minimum-samples", type=int, metavar="N", help="fewer events than this are no data")
        parser.add_argument("--no-data", choices=list(map(str, NoData)), help="what no data means")
        add_period(parser, "24h")

    def act(self, **options: Any) -> int:
        if options["rule"] is None and (not options["metric"] or options["threshold"] is None):
            raise Refused(
                "say what to replay: --rule ID (manage.py alerts --rules), or --metric NAME (manage.py metrics --list) "
                "with --threshold NUMBER; a share is 0 to 1"
            )
        rule = _rule(options)
        start, end = period_of(options)
        result = backtest(rule, start, end)
        if self.is_json:
            self.print_json(_as_dict(rule, result))
        else:
            self._show(rule, result)
        return DONE

    def _show(self, rule: AlertRule, result: Backtest) -> None:
        unit = find_metric(rule.metric_name).unit
        limit = f"{rule.metric_name} {rule.operator} {shown(rule.threshold, unit)}"
        self.say(styled(f"{limit} over {length(rule.window_seconds).replace(HARD, ' ')}", "bold"))
        told = f"{count(len(result.incidents), 'incident')}, {count(result.messages, 'message')} to each channel, "
        self.say(told + f"firing for {seconds(result.firing_seconds)} in all")
        values = ", ".join(f"{name} {shown(value, unit)}" for name, value in result.value_percentiles.items())
        self.say(f"what was measured: {values or 'nothing'}")
        if result.incidents:
            self.console.print(_table(result, unit))


def _table(result: Backtest, unit: str) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("fired (UTC)", "for", "worst", "of", "told"):
        table.add_column(heading)
    for one in result.incidents:
        lasted = seconds(one.seconds(result.end)) + ("" if one.ended_at else " and on")
        of = " ".join(one.labels.values())
        told = "yes" if one.was_announced else "no, cooldown"
        table.add_row(moment(one.fired_at), lasted, shown(one.worst_value, unit), styled(of), told)
    return table


_CHANGES = {
    "metric": "metric_name",
    "operator": "operator",
    "threshold": "threshold",
    "resolve_threshold": "resolve_threshold",
    "group_by": "group_by",
    "window": "window_seconds",
    "for": "for_seconds",
    "keep_firing": "keep_firing_seconds",
    "cooldown": "cooldown_seconds",
    "minimum_samples": "minimum_samples",
    "no_data": "no_data",
}


def _rule(options: dict[str, Any]) -> AlertRule:
    """The saved rule with the changes, or a new one; never written."""
    rule = AlertRule(name="back-test") if options["rule"] is None else find_rule(options["rule"])
    for option, field in _CHANGES.items():
        if options[option] is not None:
            setattr(rule, field, options[option])
    if options["pipeline"] is not None:
        rule.pipeline_id = options["pipeline"]
    return rule


def _as_dict(rule: AlertRule, result: Backtest) -> dict[str, Any]:
    return {
        "metric": rule.metric_name,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "start": result.start.isoformat(),
        "end": result.end.isoformat(),
        "messages": result.messages,
        "firing_seconds": result.firing_seconds,
        "value_percentiles": result.value_percentiles,
        "incidents": [_incident(one, result) for one in result.incidents],
    }


def _incident(one: Incident, result: Backtest) -> dict[str, Any]:
    return {
        "labels": dict(one.labels),
        "started_at": one.started_at.isoformat(),
        "fired_at": one.fired_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "seconds": one.seconds(result.end),
        "worst_value": one.worst_value,
        "announced": one.was_announced,
    }
