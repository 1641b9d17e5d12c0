"""An area of the health document in words."""

from typing import Any

import pytest

from monitoring.area_words import describe_area
from web.quantities import HARD, THIN


@pytest.mark.parametrize(
    ("name", "area", "told"),
    [
        (
            "uptime",
            {"availability": 0.9661, "minutes_observed": 59, "process_uptime_seconds": 74.0},
            "a worker was alive in 96.6 % of 59 minutes, this process has run for 1 m 14 s",
        ),
        (
            "pipelines",
            {"active": 2, "by_pipeline": {"a": {"status": "degraded"}, "b": {"status": "ok"}}},
            "2 pipelines ran in the last 24 hours, a below par",
        ),
        ("models", {"misconfigured": {"gpt": "no key"}}, "gpt cannot be used"),
        ("models", {"misconfigured": dict.fromkeys("abcdefg", "")}, "a, b, c, d, e and 2 more cannot be used"),
        ("models", {"by_model": {}, "misconfigured": {}}, "nothing measured yet"),
        ("cache", {"look_ups": 12_345, "hits": 7}, "7 of 12 345 look-ups hit"),
        ("cache", {"look_ups": 0, "hits": 0}, "no look-ups"),
        (
            "reviewers",
            {"active": 4, "available": 4, "open_reviews": 241, "overdue_reviews": 16},
            "4 of 4 reviewers available, 16 of 241 open reviews overdue",
        ),
        ("workers", {"alive": 4, "silent": 0}, "4 alive"),
        (
            "ticker",
            {"lag_seconds": 0.5, "failing_duties": {"prune": "disk full"}},
            "last ran 500 ms ago, prune failing",
        ),
        ("ticker", {"lag_seconds": None, "failing_duties": {}}, "has not run yet; a worker brings it"),
        ("other", {"hit_rate": 0.5, "wait_seconds": 65.0, "is_on": True}, "hit rate 50 %, wait 1 m 05 s"),
    ],
)
def test_an_area_is_told(name: str, area: dict[str, Any], told: str) -> None:
    assert describe_area(name, area).replace(HARD, " ").replace(THIN, " ") == told
