"""How figures are written: durations, times, money, counts, sizes. Pure: `now` is passed in, nothing is read.

Units stand beside every number, numbers never break from their unit, thousands are set apart by a thin space.
"""

from datetime import UTC, datetime

from common.figures import HARD as HARD
from common.figures import THIN as THIN
from common.figures import UNKNOWN as UNKNOWN
from common.figures import duration as duration
from common.figures import quantity as quantity

MICRO = 1_000_000
SIZES = ("B", "kB", "MB", "GB", "TB", "PB")


def relative(at: datetime, now: datetime) -> str:
    """`4 s ago`, `2 min ago`, `1 h 05 m ago`, `in 5 h 42 m`, `3 d ago`. `static/js/times.js` says the same."""
    seconds = (now - at).total_seconds()
    amount = rough(abs(seconds))
    return f"{amount} ago" if seconds >= 0 else f"in {amount}"


def rough(seconds: float) -> str:
    """A distance in time, to the minute when it is near: `4 s`, `2 min`, `1 h 05 m`, `18 h`, `3 d`."""
    if seconds < 60:
        return f"{int(seconds)}{HARD}s"
    minutes = int(seconds) // 60
    if minutes < 60:
        return f"{minutes}{HARD}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 10:
        return f"{hours}{HARD}h{HARD}{minutes:02}{HARD}m" if minutes else f"{hours}{HARD}h"
    return f"{hours}{HARD}h" if hours < 48 else f"{quantity(hours // 24)}{HARD}d"


def length(seconds: float) -> str:
    """A length of time that somebody set, in one unit: `90 s`, `15 min`, `24 h`, `2 d`."""
    for worth, least, unit in ((86_400, 2 * 86_400, "d"), (3600, 3600, "h"), (60, 60, "min")):
        if seconds >= least and seconds % worth == 0:
            return f"{quantity(int(seconds // worth))}{HARD}{unit}"
    return f"{seconds:g}{HARD}s"


def full_time(at: datetime) -> str:
    """`21 Nov 2026, 14:03:07 UTC`."""
    return at.astimezone(UTC).strftime("%-d %b %Y, %H:%M:%S UTC")


def clock(at: datetime, now: datetime) -> str:
    """`14:03:07` today, `21 Nov, 14:03:07` this year, else with the year; in UTC, as the frame says."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return at.strftime("%H:%M:%S")
    return at.strftime("%-d %b, %H:%M:%S" if at.year == now.year else "%-d %b %Y, %H:%M:%S")


def money(micro_usd: int | None) -> str:
    """Micro-USD as `$0.08`; under a cent two figures that say something: `$0.0021`. No price is not no cost."""
    if micro_usd is None:
        return "unknown"
    sign, amount = ("−" if micro_usd < 0 else ""), abs(micro_usd)
    if 0 < amount < 10_000:
        digits = 8 - len(str(amount)) if amount >= 10 else 6
        return f"{sign}${amount / MICRO:.{digits}f}"
    return f"{sign}${amount / MICRO:,.2f}".replace(",", THIN)


def size(count: int | None) -> str:
    """Bytes as `1.4 MB` (a kB is 1000 bytes)."""
    if count is None:
        return UNKNOWN
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(SIZES) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.1f}" if unit and value < 9.95 else f"{value:.0f}"
    return f"{text}{HARD}{SIZES[unit]}"


def plural(number: int, one: str, many: str) -> str:
    """`3 tasks`, `1 task`, `0 tasks`."""
    return f"{quantity(number)}{HARD}{one if number == 1 else many}"
