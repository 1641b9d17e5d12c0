"""How figures are written."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import quantities

NOW = datetime(2026, 11, 21, 14, 3, 7, tzinfo=UTC)
WORTH = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def read(text: str) -> float:
    """The seconds that a duration says."""
    plain = text.replace(quantities.THIN, "").replace(quantities.HARD, " ")
    return sum(float(number) * WORTH[unit] for number, unit in re.findall(r"([\d.]+) (ms|s|m|h|d)\b", plain))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.0123, "12 ms"),
        (0.0004, "1 ms"),
        (0.4, "400 ms"),
        (0.9996, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 m 00 s"),
        (106, "1 m 46 s"),
        (3599.6, "1 h 00 m"),
        (6300, "1 h 45 m"),
        (2 * 86400 + 4 * 3600, "2 d 4 h"),
        (-3, "0 s"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float | None, text: str) -> None:
    assert quantities.duration(seconds).replace(quantities.HARD, " ") == text


@given(st.floats(0, 10**9))
def test_a_duration_says_what_it_was_made_of_to_its_smaller_unit(seconds: float) -> None:
    text = quantities.duration(seconds).replace(quantities.HARD, " ")
    smallest = 3600 if " d " in text else 60 if " h " in text else 1 if " m " in text else 0.051
    assert abs(read(text) - seconds) <= smallest
    assert not re.search(r" (60|24) [smh]", text)


@given(st.floats(0.001, 10**8), st.floats(0.001, 10**8))
def test_a_longer_time_never_reads_as_a_shorter_one(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert read(quantities.duration(short)) <= read(quantities.duration(long)) + 1e-9


@given(st.integers(-(10**15), 10**15))
def test_a_quantity_keeps_every_digit(number: int) -> None:
    text = quantities.quantity(number)
    assert int(text.replace(quantities.THIN, "")) == number
    assert all(len(group) == 3 for group in text.lstrip("-").split(quantities.THIN)[1:])


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (1, "$0.000001"),
        (42, "$0.000042"),
        (2100, "$0.0021"),
        (9999, "$0.0100"),
        (10_000, "$0.01"),
        (80_000, "$0.08"),
        (1_940_000, "$1.94"),
        (4_120_000_000, "$4 120.00"),
        (-80_000, "−$0.08"),
    ],
)
def test_money_is_known_to_the_cent_or_to_two_figures(amount: int | None, text: str) -> None:
    assert quantities.money(amount).replace(quantities.THIN, " ") == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (15_300_000, "15 MB"), (999_999, "1.0 MB")],
)
def test_a_size_has_the_unit_that_fits(count: int | None, text: str) -> None:
    assert quantities.size(count).replace(quantities.HARD, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s ago"),
        (59.9, "59 s ago"),
        (130, "2 min ago"),
        (4440, "1 h 14 m ago"),
        (3660, "1 h 01 m ago"),
        (7200, "2 h ago"),
        (18 * 3600, "18 h ago"),
        (3 * 86400, "3 d ago"),
        (-20520, "in 5 h 42 m"),
    ],
)
def test_a_time_is_told_from_now(seconds: float, text: str) -> None:
    said = quantities.relative(NOW - timedelta(seconds=seconds), NOW)
    assert said.replace(quantities.HARD, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(90, "90 s"), (900, "15 min"), (5400, "90 min"), (86_400, "24 h"), (172_800, "2 d")]
)
def test_a_length_that_was_set_is_said_in_one_unit(seconds: float, text: str) -> None:
    assert quantities.length(seconds).replace(quantities.HARD, " ") == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW, "14:03:07"),
        (NOW - timedelta(days=1), "20 Nov, 14:03:07"),
        (NOW - timedelta(days=400), "17 Oct 2025, 14:03:07"),
    ],
)
def test_the_clock_has_the_date_where_it_is_not_today(at: datetime, text: str) -> None:
    assert quantities.clock(at, NOW) == text


def test_one_is_singular_and_nothing_is_plural() -> None:
    assert [quantities.plural(n, "task", "tasks").replace(quantities.HARD, " ") for n in (0, 1, 2, 1204)] == [
        "0 tasks",
        "1 task",
        "2 tasks",
        f"1{quantities.THIN}204 tasks",
    ]
