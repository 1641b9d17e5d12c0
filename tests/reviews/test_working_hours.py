"""Working hours: right across daylight saving, nights and holidays."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.exceptions import InvalidReview
from reviews.working_hours import DAYS, WorkingHours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkingHours.parse({day: ["09:00-12:30", "13:00-17:00"] for day in DAYS[:5]}, "Europe/Berlin", ["2026-12-25"])
NIGHTS = WorkingHours.parse({"sat": ["22:00-06:00"], "sun": ["22:00-06:00"]}, "America/New_York")
ALWAYS = WorkingHours.parse({}, "UTC")


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-11-23 10:00", 1, "2026-11-23 11:00"),
        ("2026-11-23 12:00", 1, "2026-11-23 13:30"),  # over lunch
        ("2026-11-20 16:30", 1, "2026-11-23 09:30"),  # over the weekend
        ("2026-12-24 16:00", 2, "2026-12-28 10:00"),  # over a holiday and the weekend
        ("2026-11-21 03:00", 0, "2026-11-23 09:00"),  # nothing to do still waits for work to begin
    ],
)
def test_office_hours_add_up(start: str, duration: float, end: str) -> None:
    assert OFFICE.add(at(start), timedelta(hours=duration)) == at(end)


def test_a_night_across_the_change_of_clocks_has_the_hours_it_has() -> None:
    new_york = ZoneInfo("America/New_York")
    for evening, morning, hours in (
        ("2026-03-07 22:00", "2026-03-08 06:00", 7),
        ("2026-10-31 22:00", "2026-11-01 06:00", 9),
    ):
        assert NIGHTS.between(at(evening, new_york), at(morning, new_york)) == timedelta(hours=hours)


def test_a_shift_may_begin_at_a_time_that_the_clock_skips() -> None:
    early = WorkingHours.parse({"sun": ["02:30-04:00"]}, "Europe/Berlin")
    assert early.between(at("2026-03-29 00:00"), at("2026-03-29 12:00")) == timedelta(minutes=30)


def test_always_is_plain_arithmetic() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert ALWAYS.add(start, timedelta(days=400)) == start + timedelta(days=400)
    assert ALWAYS.is_open(start)
    assert ALWAYS.next_open(start) == start


def test_the_next_opening_is_told() -> None:
    assert not OFFICE.is_open(at("2026-11-22 10:00"))
    assert OFFICE.next_open(at("2026-11-22 10:00")) == at("2026-11-23 09:00")
    assert OFFICE.next_open(at("2026-11-23 10:00")) == at("2026-11-23 10:00")


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned by hypothesis
DURATIONS = st.timedeltas(timedelta(0), timedelta(days=20))
CALENDARS = st.sampled_from(
    [OFFICE, NIGHTS, ALWAYS, WorkingHours.parse({"sun": ["00:30-03:30"]}, "Australia/Lord_Howe")]
)


@given(CALENDARS, MOMENTS, DURATIONS)
def test_what_was_added_lies_between(hours: WorkingHours, start: datetime, duration: timedelta) -> None:
    end = hours.add(start, duration)
    assert hours.between(start, end) == duration
    assert end >= start + duration


@given(CALENDARS, MOMENTS, DURATIONS, DURATIONS)
def test_adding_twice_is_adding_once(hours: WorkingHours, start: datetime, one: timedelta, two: timedelta) -> None:
    assert hours.between(start, hours.add(hours.add(start, one), two)) == one + two


@given(CALENDARS, MOMENTS, DURATIONS, DURATIONS)
def test_a_span_is_the_sum_of_its_parts(hours: WorkingHours, start: datetime, one: timedelta, two: timedelta) -> None:
    middle, end = start + one, start + one + two
    assert hours.between(start, end) == hours.between(start, middle) + hours.between(middle, end)


@given(CALENDARS, MOMENTS)
def test_the_next_opening_is_open(hours: WorkingHours, start: datetime) -> None:
    opening = hours.next_open(start)
    assert opening is not None
    assert opening >= start
    assert hours.is_open(opening)
    assert hours.between(start, opening) == timedelta(0)


@pytest.mark.parametrize(
    ("weekly", "zone", "holidays", "said"),
    [
        ({"monday": []}, "UTC", [], "unknown day 'monday'"),
        ({"mon": ["9-17"]}, "UTC", [], "'9-17' is not understood"),
        ({"mon": ["09:00-25:00"]}, "UTC", [], "is not understood"),
        ({"mon": "09:00-17:00"}, "UTC", [], "a list such as"),
        ({"mon": ["09:00-12:00", "11:00-13:00"]}, "UTC", [], "overlap"),
        ([], "UTC", [], "a mapping"),
        ({}, "Berlin", [], "there is no time zone 'Berlin'"),
        ({}, "", [], "there is no time zone"),
        ({}, "UTC", ["25.12."], "is not a date"),
    ],
)
def test_hours_that_make_no_sense_are_refused(weekly: object, zone: str, holidays: list[str], said: str) -> None:
    with pytest.raises(InvalidReview, match=said):
        WorkingHours.parse(weekly, zone, holidays)


def test_working_time_that_never_comes_is_said() -> None:
    every_monday = [str((datetime(2026, 1, 5) + timedelta(weeks=n)).date()) for n in range(600)]  # noqa: DTZ001
    never = WorkingHours.parse({"mon": ["09:00-10:00"]}, "UTC", every_monday)
    with pytest.raises(InvalidReview, match="ten years"):
        never.add(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1))
    assert never.next_open(datetime(2026, 1, 1, tzinfo=UTC)) is None
