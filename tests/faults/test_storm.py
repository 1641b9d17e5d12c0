"""The storm's short form; `make faults` is the long one (docs/guarantees.md)."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.faults.storm.outcome import Options
from tests.faults.storm.run import Ground, blow
from tests.services import Server

pytestmark = pytest.mark.one_database

# Of each kind the quickest; `make faults` leaves it to chance.
FAULTS = {
    "postgresql-redis": (
        "kill_child",
        "pause_postgresql",
        "flush_redis",
        "suspend_worker",
        "crash_postgresql",
        "new_version",
    ),
    "sqlite": ("kill_worker", "new_version", "hold_write_lock", "kill_child", "expire_leader", "suspend_main"),
}


@pytest.fixture
def ground(request: pytest.FixtureRequest, work_environment: WorkEnvironment, profile: str) -> Ground:
    """On the servers of the tests, which may be crashed."""
    if profile == "sqlite":
        return Ground(work_environment(database="sqlite"))
    services: dict[str, Server] = {
        name: request.getfixturevalue(fixture)
        for name, fixture in (("postgresql", "postgres_server"), ("redis", "redis_server"))
    }
    return Ground(work_environment(database="postgresql", broker=True), services)


@pytest.mark.timeout(240)  # faults take their time, twenty seconds on an idle machine
@pytest.mark.parametrize("profile", FAULTS)
def test_a_short_storm_loses_nothing_and_records_nothing_twice(profile: str, ground: Ground, tmp_path: Path) -> None:
    faults = FAULTS[profile]
    options = Options(minutes=0, seed=7, live=6, rate=2, kills=0.005, calm=(0.5, 1.5), submissions=10, faults=faults)
    outcome = blow(profile, options, tmp_path / "storm", ground)
    assert outcome.problems == []
    assert outcome.faults == Counter(faults)
    assert outcome.verdict["submitted"] >= 10
    assert outcome.verdict["reviews"].get("decided", 0) >= 1
