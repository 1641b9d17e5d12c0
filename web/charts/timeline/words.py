"""What the drawing says, in words: for screen readers, for hover, and for whoever prefers a sentence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from web.charts import states
from web.charts.timeline.model import Kind, TimelineRow
from web.quantities import duration, plural, quantity

ENDED = {
    Kind.COMPLETED: "completed in",
    Kind.FAILED: "failed after",
    Kind.TIMED_OUT: "timed out after",
    Kind.CRASHED: "lost its worker after",
    Kind.HANDED_BACK: "was handed back after",
    Kind.DISCARDED: "was discarded after",
    Kind.CANCELLED: "was cancelled after",
    Kind.RUNNING: "has been running for",
}
MOST_SPELLED_OUT = 8


@dataclass(frozen=True, slots=True)
class Span:
    """A segment on the axis: seconds since its start, `until` never before `since`."""

    kind: Kind
    since: float
    until: float
    label: str = ""
    is_open: bool = False
    """It goes on now."""
    number: int = 0
    """Which attempt this is, when there were several."""

    @property
    def seconds(self) -> float:
        return self.until - self.since


def span_words(span: Span) -> str:
    """`attempt 2 failed after 6.0 s (rate_limited)`, `waited 8.0 s`."""
    if span.kind is Kind.WAITING:
        return _waiting(span)
    words = _attempt(span) if span.kind.is_attempt else _pause(span)
    return f"{words} ({span.label})" if span.label else words


def row_words(row: TimelineRow, spans: Sequence[Span]) -> str:
    """The sentence of a row: what it did and for how long, how long it usually takes, and its note."""
    parts = [*_told(row, spans)]
    if row.median_seconds is not None:
        parts.append(f"median {duration(row.median_seconds)}")
    if row.is_critical:
        parts.append("on the critical path")
    if row.note:
        parts.append(row.note)
    sentence = ", ".join(parts)
    return sentence[:1].upper() + sentence[1:]


def summary_words(rows: Iterable[TimelineRow], folded: float) -> str:
    """`6 of 10 tasks done, 2 skipped; 1 h 38 m of waiting is folded.`"""
    counts = Counter(row.status for row in rows)
    total = counts.total()
    if not total:
        return "There are no tasks."
    done = counts.pop("completed", 0)
    start = f"{quantity(done)} of {plural(total, 'task', 'tasks')} done"
    if done == total:
        start = {1: "The task is done", 2: "Both tasks done"}.get(total, f"All {plural(total, 'task', 'tasks')} done")
    others = "".join(f", {text}" for text in states.count_states(counts))
    return f"{start}{others}{f'; {duration(folded)} of waiting is folded' if folded else ''}."


def _attempt(span: Span) -> str:
    if span.number:
        return f"attempt {span.number} {ENDED[span.kind]} {duration(span.seconds)}"
    verb = "ran" if span.kind is Kind.COMPLETED else ENDED[span.kind]
    return f"{verb} {duration(span.seconds)}"


def _pause(span: Span) -> str:
    verb = {Kind.QUEUED: "queued", Kind.PAUSED: "paused"}.get(span.kind, "waited")
    if span.is_open:
        return f"{verb} for {duration(span.seconds)} so far"
    return f"{verb} {duration(span.seconds)}"


def _waiting(span: Span) -> str:
    whom = span.label or "a person"
    if span.is_open:
        return f"waiting for {whom}, {duration(span.seconds)} so far"
    return f"waited {duration(span.seconds)} for {whom}"


def _told(row: TimelineRow, spans: Sequence[Span]) -> Iterable[str]:
    if not spans:
        return ["not started" if row.status == "pending" else row.status.replace("_", " ")]
    if len(spans) <= MOST_SPELLED_OUT:
        return [span_words(span) for span in spans if span.seconds > 0 or span.kind.is_attempt]
    return _summed(spans)


def _summed(spans: Sequence[Span]) -> Iterable[str]:
    """So many attempts that only their sums say something."""
    attempts = Counter(span.kind for span in spans if span.kind.is_attempt)
    yield plural(attempts.total(), "attempt", "attempts")
    yield from (f"{count} {kind.value.replace('_', ' ')}" for kind, count in attempts.items())
    at_work = sum(span.seconds for span in spans if span.kind.is_attempt)
    yield f"{duration(at_work)} at work and {duration(sum(s.seconds for s in spans) - at_work)} waiting in all"
