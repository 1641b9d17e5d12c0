"""The storm's short form; `make faults` is the long one (docs/guarantees.md)."""

import pytest

from tests.faults.storm.outcome import Options
from tests.faults.storm.run import blow
from tests.plugin import NOT_RUN, get_run
from tests.services import ServiceMissing

pytestmark = pytest.mark.one_database

SHORT = {"postgresql-redis": 12, "sqlite": 8}  # seconds of faults


@pytest.mark.parametrize("profile", SHORT)
def test_a_short_storm_loses_nothing_and_records_nothing_twice(profile: str, pytestconfig: pytest.Config) -> None:
    options = Options(SHORT[profile] / 60, seed=7, live=10, rate=4, kills=0.005, calm=(0.5, 2), submissions=10)
    try:
        outcome = blow(profile, options, get_run(pytestconfig).folder / f"storm-{profile}")
    except ServiceMissing as error:
        pytest.skip(NOT_RUN + str(error))
    assert outcome.problems == []
    assert outcome.faults
    assert outcome.verdict["submitted"] >= 10
    assert outcome.verdict["reviews"].get("decided", 0) >= 1
