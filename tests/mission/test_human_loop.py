"""Quick Start 5 of the product description, run as a user would."""

import json

from tests.conftest import WorkEnvironment
from tests.processes import Processes

SCRIPT = "tests/mission/scripts/human_loop.py"


def test_quick_start_5_may_run_twice(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(PYTHONPATH=".")
    for _ in range(2):
        done = processes.run(SCRIPT, env=env)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "expert_001",
            "decided high contract.pdf",
            "- the system asked for a review of legal_validation",
            "- routing gave it to Dr. Jane Smith: the only one who could take it; has room",
            "- Dr. Jane Smith started reviewing",
            "- Dr. Jane Smith approved it: looks right",
        ]
    listed = json.loads(processes.run("manage.py", "reviewers", "expert_001", "--events", "--json", env=env).stdout)
    assert listed["reviewers"][0]["specializations"] == ["legal:3", "compliance:3"]
    assert [event["kind"] for event in listed["events"]] == ["reviewer.registered"], "the second time changed nothing"
