"""What the commands of monitoring share: periods, values with their unit."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils.dateparse import parse_datetime

from common.console.command import Refused
from common.console.text import seconds as shown_seconds
from monitoring.selectors.metrics import period

LONGEST = timedelta(days=36_500)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_period(parser: CommandParser, default: str) -> None:
    """`--last 6h`, or `--start … --end …`."""
    parser.add_argument("--last", default=default, metavar="TIME", help=f"90m, 6h, 7d … (default: {default})")
    parser.add_argument("--start", metavar="WHEN", help="2026-01-31T12:00 (UTC); instead of --last")
    parser.add_argument("--end", metavar="WHEN", help="default: now")


def period_of(options: dict[str, Any]) -> tuple[datetime, datetime]:
    """Raises `Refused`, `InvalidRange`."""
    start, end = (None if options[name] is None else _moment(options[name]) for name in ("start", "end"))
    return period(start, end, length(options["last"]))


def length(text: str) -> timedelta:
    """`90m`, `6h`, `7d`. Raises `Refused`."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip())
    if found is None or not int(found[1]):
        raise Refused(f"{text!r} is no length of time; write 90m, 6h, 7d or 2w")
    made = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if made > LONGEST:
        raise Refused(f"{text!r} is longer than {LONGEST.days} days")
    return made


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text if "T" in text or " " in text else f"{text}T00:00")
    except ValueError:
        found = None
    if found is None:
        raise Refused(f"{text!r} is no time; write 2026-01-31T12:00 (UTC)")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shown(value: float | None, unit: str) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if unit in ("ratio", "share"):
        return f"{value:.1%}"
    if unit == "seconds":
        return shown_seconds(value)
    if unit == "bytes":
        return f"{value / 2**20:,.1f} MiB"
    return f"{value:,.4g} {unit}" if value < 10_000 else f"{value:,.0f} {unit}"
