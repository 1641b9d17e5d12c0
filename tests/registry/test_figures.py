"""How figures of use are written."""

import pytest

from registry.figures import Unit, figure_words
from web.quantities import HARD, THIN


@pytest.mark.parametrize(
    ("value", "unit", "samples", "is_cut", "text"),
    [
        (1000, Unit.COUNT, 1000, False, "1 000"),
        (1000, Unit.COUNT, 1000, True, "over 1 000"),
        (0.982, Unit.SHARE, 340, False, "98.2 % of 340"),
    ],
)
def test_a_count_that_stopped_says_so(value: float, unit: str, samples: int, is_cut: bool, text: str) -> None:
    said = figure_words(value, unit, samples, is_cut=is_cut)
    assert said.replace(HARD, " ").replace(THIN, " ") == text
