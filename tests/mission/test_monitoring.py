"""The product description's Quick Start 6, run as a user would."""

from tests.conftest import WorkEnvironment
from tests.processes import Processes

SCRIPT = "tests/mission/scripts/monitoring_alerts.py"


def test_monitoring_and_alerts_may_run_twice(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(PYTHONPATH=".")
    for _ in range(2):
        done = processes.run(SCRIPT, env=env)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "System success rate: 100.00%",
            "[('High Error Rate Alert', 'warning', 0.1)] True",
        ]
