"""Charts over time: sums are kept, axes hold what is drawn, and the sentence says what there is to see."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.charts.making import START, at
from web.charts import plot
from web.charts.series import Bucket, Columns, Lines, Point, Series

ENDED = (Series("completed", "Completed", "ok"), Series("failed", "Failed", "bad"))
numbers = st.floats(0, 1e12)


def columns(*counts: tuple[int, int], step: float = 1800) -> Columns:
    buckets = tuple(
        Bucket(at(index * step), {"completed": done, "failed": failed}) for index, (done, failed) in enumerate(counts)
    )
    return Columns("Executions ended", buckets, ENDED, step)


def total(chart: Columns, key: str) -> int:
    return sum(bucket.counts.get(key, 0) for bucket in chart.buckets)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=700))
def test_merging_buckets_keeps_the_sums_and_stays_below_200_marks(counts: list[tuple[int, int]]) -> None:
    chart = columns(*counts)
    merged = plot.merge_buckets(chart)
    assert len(merged.buckets) * len(merged.series) <= plot.MOST_MARKS
    assert [total(merged, each.key) for each in ENDED] == [total(chart, each.key) for each in ENDED]
    assert len(merged.buckets) * merged.step_seconds >= len(counts) * chart.step_seconds


def test_few_buckets_stay_as_they_are() -> None:
    chart = columns(*[(1, 0)] * 48)
    assert plot.merge_buckets(chart) is chart


@pytest.mark.parametrize("top_of", [plot.round_top, plot.count_top, plot.time_top])
@given(highest=numbers)
def test_an_axis_holds_the_highest_value_in_few_steps(top_of: type, highest: float) -> None:
    top, step = top_of(highest)
    assert top >= highest * (1 - 1e-9)
    assert top > 0
    assert 2 <= len(plot.steps(top, step)) <= 5


@pytest.mark.parametrize(
    ("highest", "labels"), [(0, "0 1"), (2, "0 1 2"), (37, "0 20 40"), (4, "0 2 4"), (100, "0 50 100"), (7, "0 5 10")]
)
def test_counts_have_whole_steps(highest: int, labels: str) -> None:
    assert " ".join(f"{value:g}" for value in plot.steps(*plot.count_top(highest))) == labels


@pytest.mark.parametrize(
    ("highest", "labels"),
    [(160, "0,1 min,2 min,3 min"), (9, "0,5 s,10 s"), (7000, "0,1 h,2 h"), (0.25, "0,100 ms,200 ms,300 ms")],
)
def test_durations_have_steps_of_clocks(highest: float, labels: str) -> None:
    found = [plot.axis_seconds(value).replace("\u00a0", " ") for value in plot.steps(*plot.time_top(highest))]
    assert ",".join(found) == labels


def test_the_sentence_sums_up_and_names_the_fullest_bucket() -> None:
    words = plot.columns_words(columns((20, 0), (30, 6), (5, 0))).replace("\u00a0", " ")
    assert words == "61 executions: 55 completed, 6 failed. Most, 36, on 20 Nov, 13:03 to 13:33."


def test_where_nothing_happened_the_sentence_says_so() -> None:
    assert plot.columns_words(columns((0, 0))) == "No executions in this time."
    assert plot.lines_words(Lines("Time at work", (), ENDED)) == "Nothing was measured in this time."


def test_lines_say_the_last_and_the_highest_value() -> None:
    points = tuple(Point(at(60 * index), {"p95": value}) for index, value in enumerate([10, 134, None, 62]))
    words = plot.lines_words(Lines("Time at work", points, (Series("p95", "p95", "wait"),))).replace("\u00a0", " ")
    assert words == "p95: last 1 m 02 s, highest 2 m 14 s on 20 Nov, 12:34."


def test_the_caller_may_know_better_what_to_say() -> None:
    assert plot.columns_words(Columns("x", (), ENDED, 60, summary="Failures rose.")) == "Failures rose."
    assert plot.lines_words(Lines("x", (), ENDED, summary="It got slower.")) == "It got slower."


@given(st.integers(0, 300), st.sampled_from([1, 60, 1800, 3600, 86_400, 7 * 86_400]))
def test_moments_have_few_labels_that_differ(count: int, step: int) -> None:
    labels = plot.label_moments([START + timedelta(seconds=step * index) for index in range(count)])
    assert len(labels) <= 6
    assert bool(labels) is bool(count)
    assert [index for index, _ in labels] == sorted({index for index, _ in labels})


@pytest.mark.parametrize(
    ("count", "step", "labels"),
    [
        (60, 60, "12:45 13:00 13:15 13:30"),
        (72, 300, "14:00 16:00 18:00"),
        (48, 1800, "Fri 18:00|Sat 00:00|06:00|12:00"),
        (42, 4 * 3600, "21 Nov|23 Nov|25 Nov|27 Nov"),
        (30, 86_400, "23 Nov|30 Nov|7 Dec|14 Dec"),
        (180, 472, "Fri 18:00|Sat 00:00|06:00|12:00"),
        (1, 60, "12:33"),
    ],
)
def test_labels_stand_where_a_round_time_begins(count: int, step: int, labels: str) -> None:
    found = [label.replace("\u00a0", " ") for _, label in plot.label_moments([at(step * n) for n in range(count)])]
    assert found == labels.split("|" if "|" in labels else None)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (1800, "20 Nov, 12:33 to 13:03"),
        (10, "20 Nov, 12:33:07 to 12:33:17"),
        (86_400, "20 Nov"),
        (7 * 86_400, "20 Nov to 26 Nov"),
    ],
)
def test_a_bucket_is_named_by_its_time(step: float, name: str) -> None:
    assert plot.bucket_name(START, step) == name


@given(st.lists(st.none() | numbers, max_size=20))
def test_a_hole_parts_a_line(values: list[float | None]) -> None:
    found = plot.runs([(float(index), value) for index, value in enumerate(values)])
    assert [value for run in found for _, value in run] == [value for value in values if value is not None]
    assert all(run for run in found)


def test_values_are_written_in_their_unit() -> None:
    assert [
        plot.value_words(value, unit) for value, unit in ((62.0, "seconds"), (6.8, "percent"), (12.0, "tasks"))
    ] == [
        "1\u00a0m\u00a002\u00a0s",
        "6.8\u00a0%",
        "12",
    ]
    assert plot.value_words(None, "seconds") == "–"
