"""An area of the health document in words."""

from typing import Any

import pytest

from monitoring.area_words import describe_area
from web.quantities import HARD, THIN


@pytest.mark.parametrize(
    ("area", "told"),
    [
        ({"status": "ok", "availability": 0.9981, "answers": True}, "availability 99.8 %"),
        (
            {"process_uptime_seconds": 65.0, "alive": 2, "asked": 12_345},
            "process uptime 1 m 05 s, alive 2, asked 12 345",
        ),
        ({"by_pipeline": {"a": {"status": "degraded"}, "b": {"status": "ok"}}}, "a below par"),
        ({"misconfigured": {"gpt": "no key"}}, "gpt cannot be used"),
        ({"lag_seconds": 0.5, "failing_duties": {"prune": "disk full"}}, "lag 500 ms, prune failing"),
        ({"lag_seconds": None, "failing_duties": {}}, "has not run yet; a worker brings it"),
        ({"misconfigured": dict.fromkeys("abcdefg", "")}, "a, b, c, d, e and 2 more cannot be used"),
        ({"status": "unknown", "error_rate": None}, "nothing measured yet"),
    ],
)
def test_an_area_is_told(area: dict[str, Any], told: str) -> None:
    assert describe_area(area).replace(HARD, " ").replace(THIN, " ") == told
