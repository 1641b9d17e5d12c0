"""From moments to per cent across: the axis, with long stretches in which nothing was at work folded into bands."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from web.charts.timeline.model import Band, Kind, Tick
from web.quantities import HARD, duration

Interval = tuple[float, float]
"""Seconds since the start of the axis."""

MOST_BANDS = 6
BAND_WIDTH = 12.0
BANDS_TOGETHER = 42.0
FOLDED_FROM_SHARE = 0.18
"""A gap is folded when it takes more of the axis than this, or three times all the work."""
SHORTEST_FOLD = 1.0
"""Seconds. Of shorter gaps nobody thinks as waiting."""
SHORTEST_WORK = 0.001
"""Seconds; so that work that took no time keeps some room between the bands."""
STEPS = (
    *(step * unit for unit in (0.001, 0.01, 0.1) for step in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
    *(days * 86_400 for days in (1, 2, 7, 14, 30, 90, 365)),
)
MOST_TICKS = 7
PIXELS_A_LETTER = 6.4
NARROW, WIDE, ROOMY = 330.0, 440.0, 640.0
"""The least width of a track in pixels: on a small screen, beside a side panel, with a page of its own."""
REASONS = {
    Kind.WAITING: "waiting for a person",
    Kind.BACK_OFF: "waiting for the next attempt",
    Kind.PAUSED: "paused",
    Kind.QUEUED: "queued",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the axis on which time runs evenly."""

    start: float
    end: float
    x: float
    width: float
    is_band: bool = False

    def place(self, seconds: float) -> float:
        length = self.end - self.start
        share = (seconds - self.start) / length if length > 0 else 0.0
        return self.x + self.width * min(1.0, max(0.0, share))


class Scale:
    """The axis from 0 to `length` seconds, drawn from 0 to `right` per cent, with `gaps` folded."""

    def __init__(self, length: float, gaps: Sequence[Interval] = (), right: float = 100.0) -> None:
        self.length = max(length, 0.001)
        self.right = right
        self.pieces = list(_cut(self.length, gaps, right))
        self._starts = [piece.start for piece in self.pieces]

    def x(self, seconds: float) -> float:
        """Per cent across, from 0 to `right`; moments off the axis stand at its ends."""
        return self.pieces[max(0, bisect_right(self._starts, seconds) - 1)].place(seconds)

    @property
    def folded(self) -> float:
        return sum(piece.end - piece.start for piece in self.pieces if piece.is_band)

    def bands(self, idle: Iterable[tuple[Kind, float, float]]) -> tuple[Band, ...]:
        """The folded stretches, each named for what most of it was spent on."""
        waits = list(idle)
        return tuple(_band(piece, waits) for piece in self.pieces if piece.is_band)

    def ticks(self, bands: Sequence[Band], now_x: float | None) -> tuple[Tick, ...]:
        """At most about eight moments with labels that touch neither each other, nor a band's, nor the one of now."""
        taken = [(band.x + band.width / 2, band.label) for band in bands]
        taken += [(now_x, "now")] if now_x is not None else []
        always, sometimes = list(taken), list(taken)
        found = []
        for x, label in self._candidates():
            if not _fits(x, label, sometimes, WIDE):
                continue
            is_optional = not _fits(x, label, always, NARROW)
            sometimes.append((x, label))
            if not is_optional:
                always.append((x, label))
            found.append(Tick(x, label, is_optional))
        return tuple(found)

    def _candidates(self) -> Iterable[tuple[float, str]]:
        step = choose_step(self.length - self.folded)
        for piece in self.pieces:
            if piece.is_band:
                continue
            first = int(-(-piece.start // step))
            for count in range(first, min(first + 4 * MOST_TICKS, int(piece.end // step) + 1)):
                yield piece.place(count * step), tick_label(count * step)


def find_gaps(busy: Iterable[Interval], length: float) -> list[Interval]:
    """The stretches of 0 to `length` worth folding: long beside the work that is done around them."""
    merged = merge(busy)
    if not merged:
        return []
    at_work = max(SHORTEST_WORK, sum(end - start for start, end in merged))
    edges = [0.0, *(moment for interval in merged for moment in interval), length]
    gaps = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda gap: (gap[0] - gap[1], gap[0]))
    chosen: list[Interval] = []
    remaining = length
    for start, end in gaps[:MOST_BANDS]:
        gap = end - start
        if gap < SHORTEST_FOLD or (gap <= FOLDED_FROM_SHARE * remaining and gap <= 3 * at_work):
            break
        margin = min(gap / 4, 0.15 * at_work)  # the wait stays visible on both sides of the band
        chosen.append((start + margin, end - margin))
        remaining -= gap - 2 * margin
    return sorted(gap for gap in chosen if gap[1] > gap[0])


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Overlapping and touching intervals as one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def choose_step(seconds: float) -> float:
    """The shortest step that divides so long a time into at most seven."""
    return next((step for step in STEPS if seconds <= step * MOST_TICKS), STEPS[-1] * max(1, seconds // STEPS[-1]))


def tick_label(seconds: float) -> str:
    """`0 s`, `500 ms`, `30 s`, `1 min`, `1 m 30 s`, `2 h`, `1 d 12 h`; steps are round, so nothing is cut off."""
    if seconds == 0:
        return f"0{HARD}s"
    if seconds < 1:
        return f"{seconds * 1000:g}{HARD}ms"
    units = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
    parts, rest = [], round(seconds, 3)
    for size, unit in units:
        count, rest = divmod(rest, size) if size > 1 else (rest, 0)
        if count:
            parts.append((f"{count:g}", unit))
    if len(parts) == 1 and parts[0][1] == "m":
        return f"{parts[0][0]}{HARD}min"
    return HARD.join(f"{count}{HARD}{unit}" for count, unit in parts[:2])


def _cut(length: float, gaps: Sequence[Interval], right: float) -> Iterable[Piece]:
    band = min(BAND_WIDTH, BANDS_TOGETHER / len(gaps)) * right / 100 if gaps else 0.0
    open_seconds = length - sum(end - start for start, end in gaps)
    per_second = (right - band * len(gaps)) / open_seconds if open_seconds > 0 else 0.0
    at, x = 0.0, 0.0
    for start, end in gaps:
        if start > at:
            yield Piece(at, start, x, (start - at) * per_second)
            x += (start - at) * per_second
        yield Piece(start, end, x, band, is_band=True)
        at, x = end, x + band
    if at < length or not gaps:
        yield Piece(at, length, x, max(0.0, right - x))


def _band(piece: Piece, idle: list[tuple[Kind, float, float]]) -> Band:
    spent: Counter[Kind] = Counter()
    for kind, start, end in idle:
        overlap = min(end, piece.end) - max(start, piece.start)
        if overlap > 0:
            spent[kind] += overlap  # type: ignore[assignment]
    label = duration(piece.end - piece.start)
    reason = REASONS[spent.most_common(1)[0][0]] if spent else "nothing ran"
    return Band(piece.x, piece.width, label, f"{label} folded: {reason}")


def _fits(x: float, label: str, taken: Iterable[tuple[float, str]], pixels: float) -> bool:
    half = len(label) * PIXELS_A_LETTER / 2 + 5
    return all(abs(x - at) * pixels / 100 >= half + len(other) * PIXELS_A_LETTER / 2 + 5 for at, other in taken)
