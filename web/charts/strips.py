"""Small charts for table cells and heads: what `{% strip %}`, `{% meter %}`, `{% bar %}` and `{% spark %}` draw."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StripBar:
    """One run of a strip, oldest first: `{% strip bars "The last 25 runs" %}`."""

    status: str
    title: str
    """Shown on hover: "Failed, 3 m 03 s, 12:30"."""
    href: str = ""
    """Where a click leads. The bars are no stops of the Tab key: list the same runs somewhere on the page or behind."""
    share: float = 1.0
    """Height, 0 to 1, for example its duration as a share of the longest."""


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a meter: `{% meter parts total %}`; parts are drawn in the order given."""

    status: str
    count: int
