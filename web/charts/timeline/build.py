"""Puts a timeline together: the axis from all segments, then each drawn row on it. Pure; `now` is passed in."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from web.charts import states
from web.charts.timeline import rows as folding
from web.charts.timeline.model import Kind, Mark, Median, Options, PlacedRow, Segment, Text, Timeline, TimelineRow
from web.charts.timeline.scale import NARROW, PIXELS_A_LETTER, ROOMY, Interval, Scale, find_gaps, merge
from web.charts.timeline.words import Span, row_words, span_words, summary_words
from web.quantities import plural

LIVE_RIGHT = 94.0
"""Where the axis of what still runs ends, so that the word "now" has room."""
LEAST_WIDTH = 0.6
BESIDE_PIXELS = 8.0
"""Between a bar and its text."""
FEWEST_LETTERS = 6


def layout(
    rows: Sequence[TimelineRow],
    now: datetime,
    *,
    is_live: bool = False,
    start: datetime | None = None,
    end: datetime | None = None,
    options: Options | None = None,
) -> Timeline:
    """Rows in task order become a drawing of at most about 60 rows, or a page of all of them (`Options`).

    The axis runs from the earliest of `start` and the segments to the latest of `end`, the segments and, when
    `is_live`, `now`. Times must be aware, or all naive.
    """
    options = options or Options()
    axis = _Axis(rows, now, is_live=is_live, start=start, end=end, folds=options.fold_waits)
    shown = folding.choose(rows, options)
    placed = tuple(axis.place(each) for each in shown)
    bands = axis.scale.bands(axis.idle)
    return Timeline(
        rows=placed,
        bands=bands,
        ticks=axis.scale.ticks(bands, axis.now_x),
        now_x=axis.now_x,
        summary=summary_words(rows, axis.scale.folded),
        total=len(rows),
        options=options,
        pages=folding.page_count(rows) if options.show_all else 1,
        folds=any(each.is_group for each in shown),
        can_fold=axis.can_fold,
        kinds=tuple(sorted({mark.kind for row in placed for mark in row.marks}, key=list(Kind).index)),
        has_medians=any(row.median for row in placed),
        has_critical=any(row.row.is_critical for row in placed),
    )


class _Axis:
    """All rows' segments in seconds since the start, and the scale made from them."""

    def __init__(
        self,
        rows: Sequence[TimelineRow],
        now: datetime,
        *,
        is_live: bool,
        start: datetime | None,
        end: datetime | None,
        folds: bool,
    ) -> None:
        starts = [segment.start for row in rows for segment in row.segments]
        self.start = min([*starts, *([start] if start else [])], default=now)
        self.now = max(0.0, self._seconds(now))
        self.spans = [self._spans(row.segments) for row in rows]
        every = [span for spans in self.spans for span in spans]
        self.idle = [(span.kind, span.since, span.until) for span in every if not span.kind.is_attempt]
        ends = [span.until for span in every]
        ends += [self._seconds(end)] if end else []
        ends += [self.now] if is_live else []
        length = max(0.001, *ends) if ends else 0.001
        gaps = find_gaps(((span.since, span.until) for span in every if span.kind.is_attempt), length)
        self.can_fold = bool(gaps)
        self.scale = Scale(length, gaps if folds else (), LIVE_RIGHT if is_live else 100.0)
        self.now_x = self.scale.x(self.now) if is_live else None

    def place(self, shown: folding.Shown) -> PlacedRow:
        return self._many(shown) if shown.is_group else self._one(shown.rows[0], self.spans[shown.first])

    def _one(self, row: TimelineRow, spans: Sequence[Span]) -> PlacedRow:
        marks = spread([(span.kind, *self._ends(span), span_words(span)) for span in spans])
        return PlacedRow(
            row=row,
            marks=marks,
            median=self._median(row, spans),
            text=place_text(row.note, marks, NARROW),
            text_wide=place_text(row.note, marks, ROOMY),
            sentence=row_words(row, spans),
        )

    def _many(self, shown: folding.Shown) -> PlacedRow:
        row = folding.stand_in(shown)
        kind = _GROUP_KINDS.get(row.status, Kind.COMPLETED)
        spans = self.spans[shown.first : shown.first + len(shown.rows)]
        busy = [self._ends(span) for each in spans for span in each if span.kind.is_attempt]
        marks = spread([(kind, start, end, "") for start, end in _joined(busy)])
        counts = ", ".join(states.count_states(dict(shown.counts)))
        is_plain = len(shown.counts) == 1 and row.status == "completed"
        note = "" if is_plain else counts
        return PlacedRow(
            row=row,
            marks=marks,
            text=place_text(note, marks, NARROW),
            text_wide=place_text(note, marks, ROOMY),
            sentence=f"{plural(len(shown.rows), 'task', 'tasks')}: {counts}",
            folded=shown.counts,
            page=shown.page,
        )

    def _median(self, row: TimelineRow, spans: Sequence[Span]) -> Median | None:
        """From where the last attempt started, for as long as it usually takes."""
        attempts = [span for span in spans if span.kind.is_attempt]
        if row.median_seconds is None or not attempts:
            return None
        since = attempts[-1].since
        until = since + max(0.0, row.median_seconds)
        return Median(self.scale.x(since), self.scale.x(until), is_cut=until > self.scale.length)

    def _spans(self, segments: Iterable[Segment]) -> tuple[Span, ...]:
        ordered = sorted(segments, key=lambda segment: segment.start)
        several = sum(segment.kind.is_attempt for segment in ordered) > 1
        spans, number = [], 0
        for segment in ordered:
            since = self._seconds(segment.start)
            until = self.now if segment.end is None else self._seconds(segment.end)
            number += segment.kind.is_attempt
            spans.append(
                Span(
                    kind=segment.kind,
                    since=since,
                    until=max(since, until),
                    label=segment.label,
                    is_open=segment.end is None,
                    number=number if several and segment.kind.is_attempt else 0,
                )
            )
        return tuple(spans)

    def _seconds(self, moment: datetime) -> float:
        return (moment - self.start).total_seconds()

    def _ends(self, span: Span) -> Interval:
        return self.scale.x(span.since), self.scale.x(span.until)


_GROUP_KINDS = {
    "failed": Kind.FAILED,
    "timed_out": Kind.TIMED_OUT,
    "running": Kind.RUNNING,
    "cancelled": Kind.CANCELLED,
}


def spread(segments: Sequence[tuple[Kind, float, float, str]]) -> tuple[Mark, ...]:
    """Marks in order, none over another, none outside 0 to 100, each wide enough to be seen.

    Goes from left to right pushing each mark behind the one before, then back pulling in what got past the end.
    """
    if not segments:
        return ()
    least = min(LEAST_WIDTH, 100.0 / len(segments))
    starts, ends = [], []
    edge = 0.0
    for _, start, end, _ in segments:
        starts.append(max(start, edge))
        edge = max(end, starts[-1] + least)
        ends.append(edge)
    edge = 100.0
    for index in range(len(segments) - 1, -1, -1):
        ends[index] = min(ends[index], edge)
        starts[index] = max(0.0, min(starts[index], ends[index] - least))
        edge = starts[index]
    return tuple(
        Mark(kind, start, max(0.0, end - start), title)
        for (kind, _, _, title), start, end in zip(segments, starts, ends, strict=True)
    )


def place_text(text: str, marks: Sequence[Mark], pixels: float) -> Text | None:
    """Right of the bar if it fits in a track of so many pixels, else left, else shortened where there is more room."""
    if not text:
        return None
    right_from = marks[-1].x + marks[-1].width if marks else 0.0
    left_to = marks[0].x if marks else 0.0
    right_room = int(((100.0 - right_from) * pixels / 100 - BESIDE_PIXELS) / PIXELS_A_LETTER)
    left_room = int((left_to * pixels / 100 - BESIDE_PIXELS) / PIXELS_A_LETTER)
    if len(text) <= right_room or (len(text) > left_room and right_room >= left_room):
        return _text(text, right_room, right_from, is_left=False)
    return _text(text, left_room, left_to, is_left=True)


def _text(text: str, letters: int, x: float, *, is_left: bool) -> Text | None:
    if len(text) <= letters:
        return Text(text, x, is_left)
    return Text(f"{text[: letters - 1].rstrip()}…", x, is_left) if letters >= FEWEST_LETTERS else None


def _joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals so near to each other that the eye could not part them become one."""
    return [(start, end - LEAST_WIDTH) for start, end in merge((a, b + LEAST_WIDTH) for a, b in intervals)]
