"""The product description's Cache Optimization example, run as a user would."""

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes


@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "redis"])
def test_cache_optimization(work_environment: WorkEnvironment, processes: Processes, broker: bool) -> None:
    env = work_environment(broker=broker, PYTHONPATH=".")
    done = processes.run("tests/mission/scripts/cache_optimization.py", env=env)
    kept = "{'analysis': ['legal', 0.95]}"
    assert done.stdout.splitlines() == [kept, kept, "None"], done.stderr
    assert done.stderr == ""
