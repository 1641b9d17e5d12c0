"""`manage.py metrics`: what was measured; and whether it agrees with the rows."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, moment, styled
from monitoring.console import add_period, period_of, shown
from monitoring.exceptions import InvalidRange
from monitoring.metrics.catalogue import Metric, all_metrics, find_metric
from monitoring.metrics.families import LABELS
from monitoring.metrics.ranges import floor
from monitoring.selectors.metrics import Measured, data_until, measure
from monitoring.selectors.reconciliation import reconcile
from monitoring.services.rollups import derive_again, roll_up
from monitoring.states import Level


class Command(ConsoleCommand):
    help = "Show metrics over a period, list what there is, or compare the roll-ups with the rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="METRIC", help="default: all that have a value")
        add_period(parser, "1h")
        parser.add_argument("--pipeline", metavar="ID", help="only this pipeline")
        parser.add_argument("--by", choices=LABELS, action="append", default=[], help="each of these on its own")
        parser.add_argument("--list", action="store_true", help="every metric, and what it means")
        parser.add_argument(
            "--reconcile", action="store_true", help="compare with the rows; exits with 1 if they differ"
        )
        parser.add_argument(
            "--derive-again", action="store_true", help="derive the period's roll-ups from the rows anew"
        )

    def act(self, **options: Any) -> int:
        if options["list"]:
            return self._list()
        start, end = period_of(options)
        if options["derive_again"]:
            self.say(count(derive_again(start=start, end=end), "roll-up"), "derived again")
        if options["reconcile"]:
            return self._reconcile(start, end)
        scope = {} if options["pipeline"] is None else {"pipeline": options["pipeline"]}
        metrics = [find_metric(name) for name in options["names"]] or _fitting([*scope, *options["by"]])
        found = {
            metric.name: measure(metric.name, start=start, end=end, scope=scope, by=options["by"]) for metric in metrics
        }
        if self.is_json:
            values = {name: [_as_dict(one) for one in rows] for name, rows in found.items()}
            self.print_json({"start": start.isoformat(), "end": end.isoformat(), "metrics": values})
        else:
            self._show(found, with_all=bool(options["names"]))
        return DONE

    def _list(self) -> int:
        if self.is_json:
            rows = [
                {"name": one.name, "unit": one.unit, "labels": one.labels, "help": one.help} for one in all_metrics()
            ]
            self.print_json({"metrics": rows})
            return DONE
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in ("metric", "unit", "by", "what it is"):
            table.add_column(heading)
        for metric in all_metrics():
            table.add_row(metric.name, metric.unit, " ".join(metric.labels), metric.help)
        self.console.print(table)
        return DONE

    def _reconcile(self, start: datetime, end: datetime) -> int:
        """Up to where the minutes are sealed: later ones may still be on their way."""
        roll_up(budget_seconds=60)
        until = min(floor(end, Level.MINUTE), data_until() or start)
        start = floor(start, Level.MINUTE) + timedelta(minutes=1)
        if start >= until:
            raise InvalidRange(f"nothing can be compared yet: minutes are complete until {moment(until)} (UTC)")
        differences = reconcile(start, until)
        if self.is_json:
            said = [str(one) for one in differences]
            self.print_json({"start": start.isoformat(), "end": until.isoformat(), "differences": said})
        for one in differences:
            self.say(styled(str(one), "red"))
        if not differences:
            self.say(styled(f"roll-ups and rows agree from {moment(start)} to {moment(until)} (UTC)", "green"))
        return FAILED if differences else DONE

    def _show(self, found: dict[str, list[Measured]], *, with_all: bool) -> None:
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading, side in (("metric", "left"), ("of", "left"), ("value", "right"), ("events", "right")):
            table.add_column(heading, justify=side)  # type: ignore[arg-type]  # rich's words for sides
        for name, rows in found.items():
            for one in rows:
                if with_all or (one.value is not None and one.samples):
                    of = " ".join(one.labels.values())
                    table.add_row(
                        styled(name), styled(of), shown(one.value, find_metric(name).unit), f"{one.samples:,}"
                    )
        if table.row_count:
            self.console.print(table)
        else:
            self.say("nothing was measured in this period; roll-ups are made by the workers' ticker")


def _fitting(labels: list[str]) -> list[Metric]:
    return [metric for metric in all_metrics() if set(labels) <= set(metric.labels)]


def _as_dict(one: Measured) -> dict[str, Any]:
    return {"labels": dict(one.labels), "value": one.value, "samples": one.samples}
