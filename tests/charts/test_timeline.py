"""The timeline: where bars, texts and ticks stand, which rows are shown, and what is said about them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.charts.making import SIZES, at, many_rows, ran, rows, segment
from web.charts.timeline import Kind, Options, Timeline, TimelineRow, layout
from web.charts.timeline.model import Median, PlacedRow, Text
from web.charts.timeline.rows import FOLDED_ABOVE, PAGE_SIZE
from web.charts.timeline.scale import NARROW, PIXELS_A_LETTER, ROOMY, WIDE, Scale, find_gaps

ALL = Options(show_all=True)
any_layout = st.builds(
    layout, rows, st.floats(0, 1000).map(at), is_live=st.booleans(), options=st.builds(Options, st.booleans())
)


def drawn(*given_rows: TimelineRow, now: float = 100, is_live: bool = False) -> Timeline:
    return layout(given_rows, at(now), is_live=is_live)


def sentence(row: TimelineRow, now: float = 100) -> str:
    return drawn(row, now=now).rows[0].sentence.replace("\u00a0", " ")


@given(any_layout)
def test_bars_stay_on_the_track_in_order_and_beside_each_other(chart: Timeline) -> None:
    for row in chart.rows:
        edge = 0.0
        for mark in row.marks:
            assert mark.x >= edge - 1e-9
            assert mark.width > 0
            edge = mark.x + mark.width
        assert edge <= 100 + 1e-9


@given(any_layout)
def test_text_never_leaves_the_track(chart: Timeline) -> None:
    def fits(text: Text | None, pixels: float) -> bool:
        if text is None:
            return True
        width = len(text.words) * PIXELS_A_LETTER / pixels * 100
        return text.x - width >= 0 if text.is_left else text.x + width <= 100

    assert all(fits(row.text, NARROW) and fits(row.text_wide, ROOMY) for row in chart.rows)


@given(any_layout)
def test_labels_of_the_axis_never_touch(chart: Timeline) -> None:
    others = [(band.x + band.width / 2, band.label) for band in chart.bands]
    others += [(chart.now_x, "now")] if chart.now_x is not None else []
    for pixels, ticks in ((WIDE, chart.ticks), (NARROW, [tick for tick in chart.ticks if not tick.is_optional])):
        ends = [(x * pixels / 100, len(label) * PIXELS_A_LETTER / 2) for x, label in others]
        for tick in ticks:
            middle, half = tick.x * pixels / 100, len(tick.label) * PIXELS_A_LETTER / 2
            assert 0 <= tick.x <= 100
            assert all(abs(middle - other) > half + other_half for other, other_half in ends)
            ends.append((middle, half))


@settings(max_examples=50)
@given(any_layout)
def test_the_axis_has_few_ticks_and_few_bands(chart: Timeline) -> None:
    assert len(chart.ticks) <= 9
    assert len(chart.bands) <= 6
    assert sum(band.width for band in chart.bands) <= 42 + 1e-9


@settings(max_examples=20)
@given(rows, st.floats(0, 1000))
def test_the_same_rows_give_the_same_drawing(given_rows: list[TimelineRow], now: float) -> None:
    assert layout(given_rows, at(now)) == layout(given_rows, at(now))


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=1, max_size=8), st.booleans())
def test_time_runs_from_left_to_right_whatever_is_folded(times: list[tuple[float, float]], folds: bool) -> None:
    length = max(max(pair) for pair in times)
    busy = [(min(pair), max(pair)) for pair in times]
    scale = Scale(length, find_gaps(busy, length) if folds else ())
    places = [scale.x(scale.length * index / 50) for index in range(51)]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == pytest.approx(100)


@pytest.mark.parametrize("count", SIZES)
def test_any_number_of_tasks_is_readable(count: int) -> None:
    chart = layout(many_rows(count), at(count + 10))
    assert len(chart.rows) <= FOLDED_ABOVE + 1 or count <= FOLDED_ABOVE
    assert chart.folds is (count > FOLDED_ABOVE)
    assert sum(tasks_of(row) for row in chart.rows) == count


def tasks_of(row: PlacedRow) -> int:
    return sum(count for _, count in row.folded) or 1


def test_a_folded_timeline_keeps_failed_running_slow_and_selected_tasks() -> None:
    found = many_rows(500)
    found[250] = TimelineRow("chosen", "chosen", status="completed", is_selected=True)
    found[300] = TimelineRow("busy", "busy", status="running", segments=(segment(Kind.RUNNING, 300),))
    found[400] = ran("slowest", 400, 499)
    keys = [row.row.key for row in layout(found, at(600)).rows]
    assert {"chosen", "busy", "slowest", "task_99", "task_499"} <= set(keys)
    assert keys == sorted(keys, key=lambda key: position(key, found))


def position(key: str, found: list[TimelineRow]) -> int:
    """A row that stands for many is named for the first of them."""
    return [row.key for row in found].index(key.partition("+")[0])


def test_a_row_for_many_says_how_many_are_in_which_state() -> None:
    found = [TimelineRow(f"t{i}", f"t{i}", status="skipped" if i % 2 else "completed") for i in range(80)]
    group = next(row for row in layout(found, at(1)).rows if row.folded)
    counts = dict(group.folded)
    assert group.row.label == f"{sum(counts.values())} tasks"
    assert f"{counts['completed']}\u00a0done, {counts['skipped']}\u00a0skipped" in group.sentence


def test_every_task_is_on_exactly_one_page() -> None:
    found = many_rows(1000)
    pages = [layout(found, at(1), options=Options(show_all=True, page=number)) for number in range(1, 6)]
    assert [row.row.key for page in pages for row in page.rows] == [row.key for row in found]
    assert {page.pages for page in pages} == {1000 // PAGE_SIZE}
    assert layout(found, at(1), options=Options(show_all=True, page=99)).rows == pages[-1].rows


def test_tasks_that_never_ran_are_one_row_between_those_that_did() -> None:
    never = [TimelineRow(key=f"n{number}", label=f"n{number}", href="", status="skipped") for number in range(120)]
    chart = layout([ran("first", 0, 5), *never], at(6))
    assert [drawn.row.label for drawn in chart.rows] == ["first", "120 tasks"]


def test_a_long_wait_is_folded_and_named() -> None:
    chart = drawn(
        ran("extract", 0, 10),
        TimelineRow("legal", "legal", status="waiting", segments=(segment(Kind.WAITING, 10, label="Legal"),)),
        now=6000,
        is_live=True,
    )
    (band,) = chart.bands
    assert band.title == f"{band.label} folded: waiting for a person"
    assert chart.summary.endswith("of waiting is folded.")
    assert chart.rows[0].marks[0].width > 30, "the short work is visible"
    assert chart.rows[1].marks[0].x < band.x, "and the wait on both sides of its fold"
    assert chart.rows[1].marks[0].x + chart.rows[1].marks[0].width > band.x + band.width


def test_a_wait_of_less_than_a_second_is_not_folded() -> None:
    assert layout([ran("a", 0, 0.01), ran("b", 0.9, 0.91)], at(1)).bands == ()
    assert layout([ran("a", 0, 0.01), ran("b", 1.9, 1.91)], at(2)).bands


def test_waits_can_be_unfolded() -> None:
    found = [ran("a", 0, 1), ran("b", 5000, 5001)]
    assert layout(found, at(5001)).bands
    unfolded = layout(found, at(5001), options=Options(fold_waits=False))
    assert not unfolded.bands
    assert unfolded.can_fold


def test_an_attempt_due_in_days_leaves_room_for_what_was_done() -> None:
    row = TimelineRow(
        "a", "a", status="retrying", segments=(segment(Kind.FAILED, 0, 5), segment(Kind.BACK_OFF, 5, 300_000))
    )
    chart = drawn(row, now=20, is_live=True)
    failed, wait = chart.rows[0].marks
    assert failed.width > 10
    assert chart.now_x is not None
    assert failed.x + failed.width < chart.now_x < wait.x + wait.width


def test_nothing_is_folded_where_nothing_ran() -> None:
    chart = drawn(TimelineRow("a", "a", status="queued", segments=(segment(Kind.QUEUED, 0),)), now=9000, is_live=True)
    assert not chart.bands


@pytest.mark.parametrize(
    "segments",
    [
        (segment(Kind.COMPLETED, 5, 2),),
        (segment(Kind.COMPLETED, 5, 5),),
        tuple(segment(kind, 5, 5) for kind in Kind),
        (segment(Kind.RUNNING, 1e9),),
        (),
    ],
    ids=["end before start", "no time at all", "all at once", "in the future", "nothing"],
)
def test_odd_times_are_drawn(segments: tuple[object, ...]) -> None:
    row = TimelineRow("a", "a", segments=segments)  # type: ignore[arg-type]
    assert len(drawn(row, is_live=True).rows[0].marks) == len(segments)


def test_there_may_be_no_tasks() -> None:
    assert drawn().summary == "There are no tasks."


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (0.05, ["0 s", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]),
        (9.6, ["0 s", "2 s", "4 s", "6 s", "8 s"]),
        (200, ["0 s", "30 s", "1 min", "1 m 30 s", "2 min", "2 m 30 s", "3 min"]),
        (90_000, ["0 s", "6 h", "12 h", "18 h", "1 d"]),
    ],
)
def test_ticks_are_round_in_the_unit_of_the_length(length: float, labels: list[str]) -> None:
    found = [tick.label.replace("\u00a0", " ") for tick in drawn(ran("a", 0, length)).ticks]
    assert found == labels


def test_a_row_is_told_in_a_sentence() -> None:
    row = TimelineRow(
        "a",
        "a",
        status="completed",
        note="128 clauses",
        median_seconds=7.9,
        segments=(segment(Kind.QUEUED, 0, 1.2), segment(Kind.COMPLETED, 1.2, 9.6)),
    )
    assert sentence(row) == "Queued 1.2 s, ran 8.4 s, median 7.9 s, 128 clauses"


def test_attempts_are_numbered_and_their_errors_named() -> None:
    row = TimelineRow(
        "a",
        "a",
        segments=(
            segment(Kind.TIMED_OUT, 0, 11),
            segment(Kind.BACK_OFF, 11, 19),
            segment(Kind.FAILED, 19, 25, "rate_limited"),
            segment(Kind.COMPLETED, 25, 30),
        ),
    )
    assert sentence(row) == (
        "Attempt 1 timed out after 11.0 s, waited 8.0 s, attempt 2 failed after 6.0 s (rate_limited), "
        "attempt 3 completed in 5.0 s"
    )


def test_a_median_longer_than_the_axis_is_cut_there() -> None:
    found = [drawn(replace(ran("a", 0, 10), median_seconds=usual)).rows[0].median for usual in (5, 50)]
    assert found == [Median(0, 50), Median(0, 100, is_cut=True)]


def test_so_many_attempts_are_summed() -> None:
    row = TimelineRow("a", "a", segments=tuple(segment(Kind.FAILED, index, index + 0.5) for index in range(20)))
    assert sentence(row) == "20 attempts, 20 failed, 10.0 s at work and 0 s waiting in all"


def test_what_still_goes_on_says_so() -> None:
    waiting = TimelineRow("a", "a", segments=(segment(Kind.WAITING, 0, label="Legal"),))
    assert sentence(waiting, now=6180) == "Waiting for Legal, 1 h 43 m so far"
    running = TimelineRow("a", "a", segments=(segment(Kind.RUNNING, 0),))
    assert sentence(running, now=3) == "Has been running for 3.0 s"


def test_what_did_not_run_says_why() -> None:
    assert sentence(TimelineRow("a", "a", status="skipped", note="already English")) == "Skipped, already English"
    assert sentence(TimelineRow("a", "a")) == "Not started"


def test_the_summary_counts_states() -> None:
    found = [TimelineRow(str(i), "x", status=status) for i, status in enumerate(["completed", "failed", "pending"])]
    assert drawn(*found).summary.replace("\u00a0", " ") == "1 of 3 tasks done, 1 failed, 1 not started."
    assert drawn(ran("a", 0, 1), ran("b", 0, 1)).summary.replace("\u00a0", " ") == "Both tasks done."
    assert drawn(ran("a", 0, 1)).summary == "The task is done."


def test_options_are_read_from_the_address() -> None:
    assert Options.read({"waits": "all", "rows": "all", "rows_page": "3"}) == Options(False, True, 3)
    assert Options.read({}) == Options()


@given(st.dictionaries(st.sampled_from(["waits", "rows", "rows_page"]), st.text(max_size=8)))
def test_nonsense_in_the_address_counts_as_nothing(query: dict[str, str]) -> None:
    assert Options.read(query).page >= 1
