"""`manage.py cache_stats`: what the result cache did, in all processes, and what the optimiser thinks of it."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, moment, plain, seconds
from orchestration.cache.installed import get_installed
from orchestration.cache.statistics import latest_changes, summarise
from orchestration.models import CacheChange

LONGEST_HOURS = 24 * 366
REASON_TITLES = {
    "miss": "why look-ups missed",
    "bypass": "why tasks did not ask",
    "refused": "why results were not kept",
}
SHOWN_TASKS = 15
SHOWN_REASONS = 5


class Command(ConsoleCommand):
    help = "Show hits, misses and what was saved by the result cache, and why look-ups missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, default=24, help="how far to look back (default: 24)")
        parser.add_argument("--changes", type=int, default=5, help="how many lines of the optimiser's log (default: 5)")

    def act(self, **options: Any) -> int:
        hours, changes = options["hours"], options["changes"]
        if not 0 < hours <= LONGEST_HOURS or changes < 0:
            raise Refused(f"--hours must be above 0 and at most {LONGEST_HOURS:,}, --changes at least 0")
        found = summarise(get_installed(), hours)
        log = latest_changes(changes)
        if self.is_json:
            self.print_json({**found, "changes": [_as_dict(change) for change in log]})
            return DONE
        self._show_totals(found)
        self._show_tasks(found["by_task"])
        self._show_reasons(found["reasons"])
        self._show_changes(log)
        return DONE

    def _show_totals(self, found: dict[str, Any]) -> None:
        levels = ", ".join(f"{level['hits']:,} in {name}" for name, level in found["levels"].items())
        self.say(
            f"{found['hours']:g} hours: {_rate(found)} of {found['hits'] + found['misses']:,} look-ups were hits",
            style="bold",
        )
        self.say(f"  hits      {levels}; {seconds(found['mean_age_seconds'])} old on average")
        unpriced = f", and {count(found['unpriced_hits'], 'hit')} of unknown price" if found["unpriced_hits"] else ""
        self.say(f"  saved     {seconds(found['seconds_saved'])}, {_money(found['microusd_saved'])}{unpriced}")
        self.say(f"  kept      {found['kept']:,}, refused {found['refused']:,}, not asked {found['bypassed']:,}")
        memory, store = found["memory"], found["store"]
        self.say(f"  memory    {memory['strategy']}, at most {_size(memory['capacity_bytes'])} in each process")
        self.say(f"  store     {_describe_store(store)}")

    def _show_tasks(self, rows: list[dict[str, Any]]) -> None:
        if self.is_json or not rows:
            return
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in ("pipeline", "task"):
            table.add_column(title)
        for title in ("hits", "misses", "hit rate", "time saved", "money saved"):
            table.add_column(title, justify="right")
        for row in rows[:SHOWN_TASKS]:
            table.add_row(
                plain(row["pipeline"], 40),
                plain(row["task"], 40),
                f"{row['hits']:,}",
                f"{row['misses']:,}",
                _rate(row),
                seconds(row["seconds_saved"]),
                _money(row["microusd_saved"]),
            )
        self.console.print()
        self.console.print(table)

    def _show_reasons(self, reasons: dict[str, dict[str, int]]) -> None:
        for outcome, title in REASON_TITLES.items():
            if found := reasons.get(outcome):
                self.say(f"\n{title}", style="bold")
                for reason, number in list(found.items())[:SHOWN_REASONS]:
                    self.say(f"  {number:>8,}  {plain(reason, 100)}")

    def _show_changes(self, log: list[CacheChange]) -> None:
        if log:
            self.say("\nthe optimiser", style="bold")
        for change in log:
            done = "" if change.kind == "clean-up" else "  applied" if change.is_applied else "  proposed"
            self.say(f"  {moment(change.at)}  {_describe(change)}{done}")


def _rate(found: dict[str, Any]) -> str:
    return "–" if found["hit_rate"] is None else f"{found['hit_rate']:.1%}"


def _money(microusd: int) -> str:
    return f"${microusd / 1e6:,.2f}" if microusd >= 10_000 or not microusd else f"${microusd / 1e6:.6f}"


def _size(number: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= scale:
            return f"{number / scale:.3g} {unit}"
    return f"{number:.0f} bytes"


def _describe_store(store: dict[str, Any]) -> str:
    if not store["answers"]:
        return f"{plain(store['error'])} (tasks run without the cache)"
    if store["entries"] is None:
        return f"{store['kind']}, {_size(store['server_bytes'])} in use by the server"
    return f"{store['kind']}, {count(store['entries'], 'entry', 'entries')}, {_size(store['bytes'])}"


def _describe(change: CacheChange) -> str:
    if change.kind == "clean-up":
        return plain(change.reason)
    show = seconds if change.kind == "ttl" else lambda number: _size(number or 0)
    subject = f" of {plain(change.subject)}" if change.subject else " of memory"
    return f"{change.kind}{subject}: {show(change.before)} → {show(change.after)}; {plain(change.reason)}"


def _as_dict(change: CacheChange) -> dict[str, Any]:
    names = ("kind", "subject", "before", "after", "reason", "is_applied")
    return {"at": change.at.isoformat(), **{name: getattr(change, name) for name in names}}
