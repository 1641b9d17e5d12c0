"""A metric's value as people read it, with its unit. Pure."""

from web.quantities import HARD, THIN, UNKNOWN, duration, quantity, size

MEASURED = ("ratio", "share", "seconds", "bytes", "USD", "times")


def value_words(value: float | None, unit: str) -> str:
    """`33.3 %`, `5 m 00 s`, `1.4 MB`, `$4.20`, `1 review`, `2.5×`."""
    if value is None:
        return UNKNOWN
    if unit in ("ratio", "share"):
        return f"{quantity(_figures(100 * value, 3))}{HARD}%"
    if unit == "seconds":
        return duration(value)
    if unit == "bytes":
        return size(round(value))
    if unit == "USD":
        return f"${value:,.2f}".replace(",", THIN) if abs(value) >= 0.01 or not value else f"${value:.2g}"
    number = quantity(_figures(value, 4))
    if unit == "count":
        return number
    if unit == "times":
        return f"{number}×"
    return f"{number}{HARD}{unit.removesuffix('s') if value == 1 else unit}"


def bare_words(value: float, unit: str) -> str:
    """The same beside another value of the unit: `0` instead of `0 reviews`; signs and units of measurement stay."""
    return value_words(value, unit if unit in MEASURED else "count")


def _figures(value: float, most: int) -> float:
    """So many figures that say something; whole numbers keep all of theirs."""
    return int(value) if value == int(value) else float(f"{value:.{most}g}")
