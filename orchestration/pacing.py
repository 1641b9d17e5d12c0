"""How often somebody who waits looks again. Pure but for the clock.

An execution of milliseconds is seen to end at once, one of minutes costs a look per 50 ms: the next look is due after
a fixed share of the time waited so far, so waiting adds about half that share to any duration. Who is told of the end
(`news`) looks once in a while all the same.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

SHARE = 1 / 25


class Bounds(NamedTuple):
    """Seconds."""

    shortest: float
    longest: float


LOOKING = Bounds(0.001, 0.05)
LISTENING = Bounds(0.1, 1.0)


def pauses(bounds: Bounds = LOOKING) -> Iterator[float]:
    """Seconds to sleep before each next look, counted from now; never ends."""
    began = time.monotonic()
    while True:
        yield min(bounds.longest, max(bounds.shortest, (time.monotonic() - began) * SHARE))
