"""`manage.py alerts`: what fires; rules, silences, channels and deliveries."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.table import Table

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, moment, styled
from monitoring.console import length
from monitoring.models import Alert, AlertRule, Delivery, Silence
from monitoring.selectors.alerts import all_rules, current_silences, open_alerts, past_alerts, recent_deliveries
from monitoring.selectors.behind import BehindOne, executions_behind
from monitoring.services.alerts import acknowledge_alert, end_silence, find_alert, silence
from monitoring.services.channels import obstacle, save_channel
from monitoring.services.rules import find_rule, install_ready_made, set_rule_enabled
from monitoring.states import AlertSeverity, ChannelKind

SHOWN = 50
COLOURS = {
    AlertSeverity.CRITICAL: "red",
    AlertSeverity.ERROR: "red",
    AlertSeverity.WARNING: "yellow",
    AlertSeverity.INFO: "",
}


class Command(ConsoleCommand):
    help = "List open alerts (exits with 1 while one fires); acknowledge, silence, list and switch rules."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--past", action="store_true", help="alerts that are over")
        what.add_argument("--rules", action="store_true", help="the rules")
        what.add_argument("--silences", action="store_true", help="the silences that hold")
        what.add_argument("--deliveries", action="store_true", help="the last tries to send a message")
        what.add_argument("--show", type=int, metavar="ALERT", help="one alert, with the executions behind it")
        what.add_argument("--acknowledge", type=int, metavar="ALERT", help="say that somebody knows")
        what.add_argument("--silence", type=int, metavar="ALERT", help="no messages about it; with --reason and --for")
        what.add_argument("--silence-rule", type=int, metavar="RULE", help="no messages of a rule")
        what.add_argument("--end-silence", type=int, metavar="SILENCE", help="end it now")
        what.add_argument("--enable", type=int, metavar="RULE", help="switch it on")
        what.add_argument("--disable", type=int, metavar="RULE", help="switch it off, which ends its open alerts")
        what.add_argument("--ready-made", action="store_true", help="add the ready-made rules that are missing")
        what.add_argument(
            "--channel",
            nargs=3,
            metavar=("NAME", "KIND", "TARGET"),
            help=f"where messages go: {', '.join(ChannelKind)}",
        )
        parser.add_argument("--reason", default="", help="why it is silenced, or a note on acknowledging")
        parser.add_argument("--for", default="1h", metavar="TIME", help="how long a silence holds (default: 1h)")
        parser.add_argument("--by", default="", metavar="NAME", help="who says so (default: command)")

    def act(self, **options: Any) -> int:
        for name, show in self._LISTS.items():
            if options[name]:
                show(self)
                return DONE
        if options["show"] is not None:
            self._show(find_alert(options["show"]))
            return DONE
        for name, do in self._ACTIONS.items():
            if options[name] is not None and options[name] is not False:
                said = do(options)
                self.say(styled(said))
                if self.is_json:
                    self.print_json({"done": said})
                return DONE
        rows = list(open_alerts()[:SHOWN])
        self._alerts(rows)
        return FAILED if any(row.status == "firing" for row in rows) else DONE

    def _past(self) -> None:
        self._alerts(list(past_alerts()[:SHOWN]))

    def _alerts(self, rows: list[Alert]) -> None:
        if self.is_json:
            self.print_json({"alerts": [_alert(row) for row in rows]})
        elif not rows:
            self.say("no alerts")
        else:
            columns = [[str(row.pk), row.status, row.severity, moment(row.started_at), row.message] for row in rows]
            styles = [COLOURS[AlertSeverity(row.severity)] for row in rows]
            self._table(("id", "status", "severity", "since (UTC)", "message"), columns, styles)

    def _show(self, row: Alert) -> None:
        behind = executions_behind(row, SHOWN)
        worst = [_behind(one) for one in behind.worst] if behind else []
        if self.is_json:
            found = behind and {"number": behind.number, "made_worse": behind.bad, "unit": behind.unit, "worst": worst}
            self.print_json({"alert": _alert(row), "executions": found})
            return
        self._alerts([row])
        if behind is None:
            self.say("its metric is not about executions")
            return
        made = f", {behind.bad} of them made it worse" if behind.bad else ""
        self.say(styled(f"{row.rule.metric_name} counted {count(behind.number, 'execution')}{made}"))
        columns = [[str(cell) if cell is not None else "" for cell in one.values()] for one in worst]
        if columns:
            self._table(("id", "pipeline", "status", behind.unit or "size", "task", "code"), columns)

    def _rules(self) -> None:
        rows = list(all_rules())
        if self.is_json:
            self.print_json({"rules": [_rule(row) for row in rows]})
            return
        columns = [
            [
                str(row.pk),
                "on" if row.enabled else "off",
                str(row),
                f"{row.metric_name} {row.operator} {row.threshold:g}",
                row.severity,
                ", ".join(row.channels),
                row.last_error,
            ]
            for row in rows
        ]
        self._table(("id", "", "rule", "when", "severity", "tells", "error"), columns)

    def _silences(self) -> None:
        rows = list(current_silences())
        if self.is_json:
            self.print_json({"silences": [_silence(row) for row in rows]})
            return
        self._table(
            ("id", "until (UTC)", "what", "reason", "by"),
            [[str(row.pk), moment(row.ends_at), _silenced(row), row.reason, row.created_by] for row in rows],
        )

    def _deliveries(self) -> None:
        rows = list(recent_deliveries()[:SHOWN])
        if self.is_json:
            self.print_json({"deliveries": [_delivery(row) for row in rows]})
            return
        self._table(
            ("at (UTC)", "channel", "rule", "kind", "what came of it"),
            [
                [moment(row.at), row.notice.channel_id, str(row.notice.alert.rule), row.notice.kind, row.said]
                for row in rows
            ],
            ["" if row.succeeded else "red" for row in rows],
        )

    _LISTS = {"past": _past, "rules": _rules, "silences": _silences, "deliveries": _deliveries}

    def _table(self, headings: tuple[str, ...], rows: list[list[str]], styles: list[str] | None = None) -> None:
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in headings:
            table.add_column(heading, no_wrap=heading in ("id", ""))
        for number, row in enumerate(rows):
            table.add_row(*(styled(cell) for cell in row), style=styles[number] if styles else "")
        if rows:
            self.console.print(table)
        else:
            self.say("none")

    @staticmethod
    def _acknowledge(options: dict[str, Any]) -> str:
        alert = acknowledge_alert(
            alert_id=options["acknowledge"], by=options["by"] or "command", note=options["reason"]
        )
        return f"acknowledged: {alert.message}"

    @staticmethod
    def _silence(options: dict[str, Any]) -> str:
        alert = find_alert(options["silence"]) if options["silence"] is not None else None
        rule = find_rule(options["silence_rule"]) if options["silence_rule"] is not None else None
        ends_at = timezone.now() + length(options["for"])
        made = silence(reason=options["reason"], ends_at=ends_at, by=options["by"] or "command", rule=rule, alert=alert)
        return f"silence {made.pk} holds until {moment(made.ends_at)} (UTC)"

    @staticmethod
    def _end_silence(options: dict[str, Any]) -> str:
        end_silence(silence_id=options["end_silence"])
        return "ended"

    @staticmethod
    def _switch(options: dict[str, Any]) -> str:
        enabled = options["enable"] is not None
        rule = set_rule_enabled(rule_id=options["enable"] if enabled else options["disable"], enabled=enabled)
        return f"{rule} is {'on' if enabled else 'off'}"

    @staticmethod
    def _ready_made(options: dict[str, Any]) -> str:
        return f"{count(len(install_ready_made()), 'rule')} added"

    @staticmethod
    def _channel(options: dict[str, Any]) -> str:
        name, kind, target = options["channel"]
        channel = save_channel(name=name, kind=kind, target=target)
        trouble = obstacle(channel)
        return f"channel {channel} is there" + (f", but its messages may not arrive: {trouble}" if trouble else "")

    _ACTIONS = {
        "acknowledge": _acknowledge,
        "silence": _silence,
        "silence_rule": _silence,
        "end_silence": _end_silence,
        "enable": _switch,
        "disable": _switch,
        "ready_made": _ready_made,
        "channel": _channel,
    }


def _alert(row: Alert) -> dict[str, Any]:
    return {
        "id": row.pk,
        "rule": str(row.rule),
        "status": row.status,
        "severity": row.severity,
        "message": row.message,
        "labels": row.labels,
        "value": row.value,
        "worst_value": row.worst_value,
        "started_at": row.started_at.isoformat(),
        "fired_at": row.fired_at.isoformat() if row.fired_at else None,
        "resolved_at": row.resolved_at.isoformat() if row.resolved_at else None,
        "acknowledged_by": row.acknowledged_by,
    }


def _behind(one: BehindOne) -> dict[str, Any]:
    execution = one.execution
    return {
        "id": str(execution.pk),
        "pipeline": execution.pipeline_id,
        "status": execution.status,
        "value": one.value,
        "task": one.task,
        "code": one.code,
    }


def _rule(row: AlertRule) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "pipeline": row.pipeline_id,
        "metric": row.metric_name,
        "operator": row.operator,
        "threshold": row.threshold,
        "severity": row.severity,
        "channels": row.channels,
        "enabled": row.enabled,
        "last_error": row.last_error,
    }


def _silenced(row: Silence) -> str:
    return " ".join(filter(None, (str(row.rule) if row.rule else "", row.pipeline, row.group)))


def _silence(row: Silence) -> dict[str, Any]:
    return {"id": row.pk, "what": _silenced(row), "reason": row.reason, "ends_at": row.ends_at.isoformat()}


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "channel": row.notice.channel_id,
        "rule": str(row.notice.alert.rule),
        "kind": row.notice.kind,
        "succeeded": row.succeeded,
        "said": row.said,
        "seconds": row.seconds,
    }
