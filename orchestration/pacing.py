"""How often somebody who waits looks again. Pure but for the clock.

An execution of milliseconds is seen to end at once, one of minutes costs a look per 50 ms: the next look is due after
a fixed share of the time waited so far, so waiting adds about half that share to any duration.
"""

import time
from collections.abc import Iterator

SHARE = 1 / 50
SHORTEST, LONGEST = 0.001, 0.05  # seconds


def pauses() -> Iterator[float]:
    """Seconds to sleep before each next look, counted from now; never ends."""
    began = time.monotonic()
    while True:
        yield min(LONGEST, max(SHORTEST, (time.monotonic() - began) * SHARE))
