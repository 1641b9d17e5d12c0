"""Values of metrics as people read them."""

import pytest

from monitoring.units import value_words
from web.quantities import HARD, THIN


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1 / 3, "ratio", "33.3 %"),
        (0.5, "share", "50 %"),
        (12.5, "share", "1 250 %"),
        (320.0, "seconds", "5 m 20 s"),
        (1.0, "reviews", "1 review"),
        (0.0, "reviews", "0 reviews"),
        (2.5, "times", "2.5×"),
        (123_456.0, "count", "123 456"),
        (None, "count", "–"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float | None, unit: str, words: str) -> None:
    assert value_words(value, unit).replace(HARD, " ").replace(THIN, " ") == words
