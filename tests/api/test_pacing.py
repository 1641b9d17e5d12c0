"""Somebody who waits looks often at first, and ever more seldom."""

import itertools
import time

import pytest

from orchestration import pacing


def test_the_pause_grows_with_the_time_waited_between_two_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(100.0, 0.2)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    found = list(itertools.islice(pacing.pauses(), 20))
    assert found == sorted(found)
    assert pacing.LOOKING.shortest <= found[0] < found[5] < found[-1] == pacing.LOOKING.longest


def test_waiting_adds_little_to_any_duration() -> None:
    """Half a pause is what a waiter is late on average."""
    assert next(pacing.pauses()) == pacing.LOOKING.shortest
    assert pacing.SHARE <= 0.05
