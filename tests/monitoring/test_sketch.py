"""The sketch: within 1 % of exact quantiles, merging exact and in any order, bytes that come back."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.sketch import LEAST, RELATIVE_ERROR, Sketch

VALUES = st.lists(st.floats(0, 1e9, allow_nan=False), max_size=200)
SHARES = st.floats(0, 1)


def exact(values: list[float], share: float) -> float:
    """By nearest rank."""
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


@given(VALUES.filter(bool), SHARES)
def test_a_quantile_is_within_one_percent_of_the_exact_one(values: list[float], share: float) -> None:
    found, wanted = Sketch(values).quantile(share), exact(values, share)
    assert found is not None
    assert abs(found - wanted) <= RELATIVE_ERROR * wanted * (1 + 1e-9) + LEAST


@given(VALUES, VALUES, VALUES)
def test_merging_is_associative_and_the_same_as_adding_everything(
    a: list[float], b: list[float], c: list[float]
) -> None:
    left, right = Sketch(a), Sketch(b)
    left.merge(Sketch(b))
    left.merge(Sketch(c))
    right.merge(Sketch(c))
    whole = Sketch(a)
    whole.merge(right)
    assert left == whole == Sketch(a + b + c)


@given(VALUES, VALUES)
def test_what_was_merged_can_be_taken_away(a: list[float], b: list[float]) -> None:
    both = Sketch(a + b)
    both.merge(Sketch(b), times=-1)
    assert both == Sketch(a)


@given(VALUES)
def test_it_comes_back_from_its_bytes(values: list[float]) -> None:
    assert Sketch.from_bytes(Sketch(values).to_bytes()) == Sketch(values)


@given(VALUES, st.lists(st.floats(0.001, 1e9)))
def test_at_most_counts_what_is_surely_below_and_nothing_surely_above(values: list[float], limits: list[float]) -> None:
    for limit, found in zip(limits, Sketch(values).at_most(limits), strict=True):
        assert sum(value < limit * 0.98 for value in values) <= found <= sum(value <= limit * 1.02 for value in values)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert Sketch().quantile(0.5) is None


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Sketch([math.nan])


def test_sixty_minutes_of_durations_take_little_room() -> None:
    random = Random(1)
    minutes = [Sketch(random.lognormvariate(0, 1) for _ in range(1000)) for _ in range(60)]
    whole = Sketch()
    for minute in minutes:
        whole.merge(minute)
    assert whole.count == 60_000
    assert max(len(minute.to_bytes()) for minute in minutes) < 4_500
    assert len(whole.to_bytes()) < 7_000
