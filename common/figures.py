"""How durations and counts are written, on pages as in a terminal. Pure."""

UNKNOWN = "–"
THIN = "\u202f"
HARD = "\u00a0"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units: `400 ms`, `8.4 s`, `1 m 46 s`, `1 h 05 m`, `3 d 4 h`."""
    if seconds is None:
        return UNKNOWN
    if seconds <= 0:
        return f"0{HARD}s"
    if seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))}{HARD}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}{HARD}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{HARD}m{HARD}{rest:02}{HARD}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{HARD}h{HARD}{minutes:02}{HARD}m"
    return f"{quantity(hours // 24)}{HARD}d{HARD}{hours % 24}{HARD}h"


def quantity(number: float | None) -> str:
    """`48 210`; a fraction keeps what it has."""
    return UNKNOWN if number is None else f"{number:,}".replace(",", THIN)
