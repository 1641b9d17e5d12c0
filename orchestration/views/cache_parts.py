"""The result cache in words and figures: the sentence, what was saved, how full the levels are, reasons, changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from orchestration.models import CacheChange
from orchestration.selectors.cache_page import Period
from web.charts.series import Bucket, Columns, Series
from web.parts import Figure
from web.quantities import HARD, UNKNOWN, duration, money, plural, quantity, size

STORES = {"redis": "Redis", "table": "The database table"}
MISSES = {
    "absent": "never kept, or deleted since",
    "first": "nothing like it was asked lately",
    "expired": "the result had expired",
    "invalidated": "one of its tags was invalidated",
    "evicted": "deleted, or had to make room",
    "undecodable": "what was kept cannot be read",
    "store_down": "the store did not answer",
    "refresh": "made anew because the task asks for it",
}
REMOVED = {
    "size": "had to make room",
    "expired": "had expired",
    "invalidated": "changed or deleted elsewhere",
    "flushed": "emptied: the connection to the store was lost, or the table changed",
}
REFUSED = {"store_down": "the store did not answer"}
OTHER = "other reasons"


def miss_words(code: str) -> str:
    """Why a look-up missed; a code that is none of the words is the part of the key that differed."""
    return MISSES.get(code) or (OTHER if code == "other" else f"another {code}")


def _other(words: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: words.get(code) or (OTHER if code == "other" else code)


WHY: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("miss", "Why look-ups missed", miss_words),
    ("bypass", "Why tasks did not ask", _other({})),
    ("refused", "Why results were not kept", _other(REFUSED)),
    ("removed", "Why entries left memory", _other(REMOVED)),
)
REASONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time to choose; counts more than a day old are kept by the day (`cache.rollup`)."""

    key: str
    label: str
    words: str
    hours: int
    step: timedelta
    step_words: str


SPANS = {
    span.key: span
    for span in (
        Span("6h", f"6{HARD}h", "the last 6 hours", 6, timedelta(hours=1), "hour"),
        Span("24h", f"24{HARD}h", "the last 24 hours", 24, timedelta(hours=1), "hour"),
        Span("7d", f"7{HARD}d", "the last 7 days", 7 * 24, timedelta(days=1), "day"),
        Span("30d", f"30{HARD}d", "the last 30 days", 30 * 24, timedelta(days=1), "day"),
    )
}
DEFAULT_SPAN = "24h"


@dataclass(frozen=True, slots=True)
class Level:
    """A level as a row: `state` is a word of `{% state %}`."""

    name: str
    state: str
    word: str
    hits: int
    share: str
    holds: str
    note: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """One list of reasons, the commonest first: words, number, share of the outcome in per cent."""

    title: str
    rows: list[tuple[str, int, str]]
    left_out: int
    """How many had other reasons."""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the optimiser's log."""

    change: CacheChange
    what: str
    state: str
    word: str


def sentence(found: Mapping[str, Any], span: Span) -> str:
    """What came of the look-ups, and whether the store answers."""
    return f"{_came_of(found, span)} {_answers(found['store'])}"


def _came_of(found: Mapping[str, Any], span: Span) -> str:
    asked = found["hits"] + found["misses"]
    if not asked:
        return f"No task asked the cache in {span.words}."
    told = f"{percent(found['hit_rate'])} of {plural(asked, 'look-up', 'look-ups')} in {span.words}"
    were = f"{told} {'was' if asked == 1 else 'were'} answered from the cache"
    return f"{were}, which saved {saved_words(found)}." if found["hits"] else f"{were}."


def saved_words(found: Mapping[str, Any]) -> str:
    """`1 h 20 m of work and $3.20`."""
    work = f"{duration(found['seconds_saved'])} of work"
    if found["microusd_saved"]:
        return f"{work} and {money(found['microusd_saved'])}"
    return f"{work} and an unknown sum of money" if found["unpriced_hits"] else work


def _answers(store: Mapping[str, Any]) -> str:
    name = STORES.get(store["kind"], store["kind"])
    return f"{name} answers." if store["answers"] else f"{name} does not answer: tasks run without the cache."


def figures(found: Mapping[str, Any]) -> list[Figure]:
    asked, unpriced = found["hits"] + found["misses"], found["unpriced_hits"]
    price = f"and {plural(unpriced, 'hit', 'hits')} of unknown price" if unpriced else "of every hit"
    return [
        Figure("Hit rate", percent(found["hit_rate"]), f"{quantity(found['hits'])} of {quantity(asked)}"),
        Figure("Work saved", duration(found["seconds_saved"]), f"by {plural(found['hits'], 'hit', 'hits')}"),
        Figure("Money saved", _money_saved(found), price),
        Figure("Age of a hit", duration(found["mean_age_seconds"]), "on average"),
        Figure("Results kept", quantity(found["kept"]), f"{size(found['bytes_kept'])} before compression"),
        Figure("Not asked", quantity(found["bypassed"]), "by tasks that cannot be cached"),
    ]


def _money_saved(found: Mapping[str, Any]) -> str:
    known = found["hits"] > found["unpriced_hits"] or not found["hits"]
    return money(found["microusd_saved"] if known else None)


def percent(share: float | None) -> str:
    """`82 %`, `0.4 %`."""
    if share is None:
        return UNKNOWN
    shown = f"{100 * share:.0f}" if share >= 0.1 or not share else f"{100 * share:.1f}"
    return f"{shown}{HARD}%"


def levels(found: Mapping[str, Any], stored_limit: int) -> list[Level]:
    """Memory is this process's: each has its own, and none is believed while the store does not answer."""
    memory, store = found["memory"], found["store"]
    in_memory = f"{plural(memory['entries'], 'entry', 'entries')}, {size(memory['bytes'])} in this process"
    strategy = f"strategy {memory['strategy']}, at most {size(memory['capacity_bytes'])} in each process"
    name, answers = STORES.get(store["kind"], store["kind"]), store["answers"]
    state = ("completed", "Answers") if answers else ("failed", "Does not answer")
    use = ("completed", "In use") if answers else ("skipped", "Not used")
    return [
        Level("Memory", *use, *_hits(found, "memory"), in_memory, strategy),
        Level(name, *state, *_hits(found, "store"), _held(store), _limit(store, stored_limit)),
    ]


def _hits(found: Mapping[str, Any], level: str) -> tuple[int, str]:
    said = found["levels"][level]
    return said["hits"], percent(said["share"])


def _held(store: Mapping[str, Any]) -> str:
    if not store["answers"]:
        return "what it holds is not known"
    if store["entries"] is None:
        return f"{size(store['server_bytes'])} in use by the server"
    held = f"{plural(store['entries'], 'entry', 'entries')}, {size(store['bytes'])}"
    return held if store["is_exact"] else f"about {held}"


def _limit(store: Mapping[str, Any], stored_limit: int) -> str:
    return f"at most {size(stored_limit)}" if store["kind"] == "table" else "limited by the server’s maxmemory"


def columns(steps: list[dict[str, int]], period: Period, span: Span) -> Columns:
    """Look-ups over time, by where they were answered."""
    return Columns(
        title=f"Look-ups per {span.step_words}",
        buckets=tuple(Bucket(start, counts) for start, counts in zip(period.steps, steps, strict=True)),
        series=(
            Series("memory", "From memory", "ok"),
            Series("store", "From the store", "run"),
            Series("miss", "Missed", "idle"),
        ),
        step_seconds=span.step.total_seconds(),
        now=period.now,
        unit="look-ups",
    )


def reasons(found: Mapping[str, Any]) -> list[Reasons]:
    """The lists that have anything, each with its commonest reasons."""
    totals = {"miss": "misses", "bypass": "bypassed", "refused": "refused", "removed": "removed"}
    shown = []
    for outcome, title, words in WHY:
        counted = list(found["reasons"].get(outcome, {}).items())[:REASONS_SHOWN]
        total = found[totals[outcome]]
        if counted:
            rows = [(words(code), number, f"{100 * number / total:.1f}%") for code, number in counted]
            shown.append(Reasons(title, rows, total - sum(number for _, number in counted)))
    return shown


def change_line(change: CacheChange) -> Change:
    """What changed from what to what; what was only proposed says so."""
    if change.kind == "clean-up":
        return Change(change, "Clean-up", "completed", "Done")
    show = duration if change.kind == "ttl" else lambda number: size(None if number is None else round(number))
    subject = f"Time to live of {change.subject}" if change.kind == "ttl" else "Memory of each process"
    words = f"{subject}: {show(change.before)} → {show(change.after)}"
    done = ("completed", "Applied") if change.is_applied else ("info", "Proposed")
    return Change(change, words, *done)
