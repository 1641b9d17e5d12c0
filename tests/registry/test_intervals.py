"""How sure the times and costs of a version are: intervals that hold what they claim."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest

from orchestration.selectors.model_runs import Asked, ModelRuns
from orchestration.states import AttemptStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLES, ROUNDS = 200, 400


def runs(seconds: list[float], cost: list[int] | None = None) -> ModelRuns:
    costs: Sequence[int | None] = cost or [None] * len(seconds)
    asked = [
        Asked(UUID(int=0), AttemptStatus.COMPLETED, one, each, NOW) for one, each in zip(seconds, costs, strict=True)
    ]
    return ModelRuns(asked, is_cut=False)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_the_interval_of_a_percentile_holds_the_true_one_about_95_times_of_100(share: float) -> None:
    random = Random(11)
    held = 0
    for _ in range(ROUNDS):
        interval = runs([random.random() for _ in range(SAMPLES)]).interval_at(share)
        assert interval is not None
        held += interval[0] <= share <= interval[1]  # of what is evenly spread from 0 to 1
    assert 0.93 <= held / ROUNDS <= 0.99


def test_the_interval_of_the_mean_cost_holds_the_true_one_about_95_times_of_100() -> None:
    random = Random(12)
    held = 0
    for _ in range(ROUNDS):
        interval = runs([1.0] * SAMPLES, [random.randrange(1001) for _ in range(SAMPLES)]).cost_interval
        assert interval is not None
        held += interval[0] <= 500 <= interval[1]
    assert 0.92 <= held / ROUNDS <= 0.98


@pytest.mark.parametrize(
    ("number", "share", "is_known"),
    [(0, 0.5, False), (5, 0.5, False), (20, 0.5, True), (72, 0.95, False), (73, 0.95, True)],
)
def test_of_too_few_runs_there_is_no_interval(number: int, share: float, is_known: bool) -> None:
    assert (runs([float(one) for one in range(number)]).interval_at(share) is not None) is is_known
    assert runs([1.0], [5]).cost_interval is None
