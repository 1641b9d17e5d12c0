"""Counts of states in words, and which state stands for many: what all charts say alike."""

from collections import Counter
from collections.abc import Iterable, Mapping

from web.quantities import HARD, quantity

WORST_FIRST = (
    *("failed", "timed_out", "running", "waiting", "retrying", "queued"),
    *("paused", "cancelled", "pending", "completed", "skipped"),
)
ADJECTIVES = {"completed": "done", "retrying": "waiting for another attempt", "pending": "not started"}
TONES = {
    **dict.fromkeys(("completed", "ok"), "ok"),
    **dict.fromkeys(("failed", "timed_out", "crashed", "critical", "bad"), "bad"),
    **dict.fromkeys(("running", "run"), "run"),
    **dict.fromkeys(("waiting", "retrying", "warning", "wait"), "wait"),
    "accent": "accent",
}


def tone(status: str) -> str:
    """ok, bad, run, wait, accent or idle: which colour of the marks a state has."""
    return TONES.get(status, "idle")


def word(status: str) -> str:
    """A state as a word in a sentence: `timed out`."""
    return status.replace("_", " ")


def worst(statuses: Iterable[str]) -> str:
    """The state that stands for many."""
    found = set(statuses) - {""}
    return next((status for status in WORST_FIRST if status in found), min(found, default=""))


def count_states(counts: Mapping[str, int]) -> list[str]:
    """`120 done`, `5 failed`, `3 running`: done first, then the worst."""
    known = [status for status in ("completed", *WORST_FIRST) if counts.get(status)]
    others = sorted(status for status, count in counts.items() if count and status and status not in WORST_FIRST)
    return [
        f"{quantity(counts[status])}{HARD}{ADJECTIVES.get(status, word(status))}"
        for status in dict.fromkeys((*known, *others))
    ]


def count_each(statuses: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """States with their counts, in the order of `count_states`."""
    counts = Counter(status for status in statuses if status)
    order = ("completed", *WORST_FIRST)
    return tuple(
        sorted(counts.items(), key=lambda item: (order.index(item[0]) if item[0] in order else len(order), item[0]))
    )
