"""Two real workers on queues of their own share an execution, with a broker and without."""

import ast
import json
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import ManagedProcess, Processes

# Each task by name → the queue it is to run in. `clock` goes to io by TASK_QUEUES, `sleep` where it says itself.
PIPELINE = """
name: shared
tasks:
  - {name: a, type: sleep, parameters: {seconds: 0}}
  - {name: b, type: clock, dependencies: [a]}
  - {name: c, type: sleep, parameters: {seconds: 0}, dependencies: [a]}
  - {name: d, type: sleep, parameters: {seconds: 0}, queue: io, dependencies: [c]}
  - {name: e, type: clock, queue: default, dependencies: [b, d]}
"""
EXPECTED = {"a": "default", "b": "io", "c": "default", "d": "io", "e": "default"}
# Prints who tried which task, and which worker took the canary of which queue: as soon as both are taken, at the latest
# after twenty seconds. One process that waits, as each start costs a second.
ASKED = """
import time
from monitoring.models import Canary
from orchestration.models import TaskAttempt, Worker
deadline = time.monotonic() + 20
canaries = Canary.objects.exclude(taken_by="").order_by("queue").values_list("queue", "taken_by")
while len(taken := list(canaries.all())) < 2 and time.monotonic() < deadline:
    time.sleep(0.2)
queues = dict(Worker.objects.values_list("pk", "queues"))
print(list(TaskAttempt.objects.values_list("task_run__name", "worker")))
print([(queue, queues[by]) for queue, by in taken])
"""


@pytest.mark.one_database
@pytest.mark.parametrize("broker", [False, True], ids=["no broker", "redis"])
def test_each_does_what_is_in_its_queue_and_wakes_the_other(
    processes: Processes, work_environment: WorkEnvironment, tmp_path: Path, broker: bool
) -> None:
    env = work_environment(broker=broker, TASK_HANDLER_MODULES="tests.sample_handlers", TASK_QUEUES="clock:io")
    workers = {queue: start(processes, queue, env) for queue in ("default", "io")}
    for worker in workers.values():
        worker.wait_for(r" ready\.$")
    file = tmp_path / "shared.yaml"
    file.write_text(PIPELINE)
    done = processes.run("manage.py", "run_pipeline", str(file), "--timeout", "30", "--json", env=env)
    assert json.loads(done.stdout)["status"] == "completed", done.stdout
    asked = processes.run("manage.py", "shell", "--verbosity=0", "-c", ASKED, env=env)
    attempts, canaries = map(ast.literal_eval, asked.stdout.splitlines())
    assert {task: ran_in(place, workers) for task, place in attempts} == EXPECTED
    assert canaries == [("default", ["default"]), ("io", ["io"])], "each queue's worker answered"


def start(processes: Processes, queue: str, env: dict[str, str]) -> ManagedProcess:
    return processes.worker(f"--queues={queue}", f"--hostname={queue}@%h", "--concurrency=1", env=env, ready="")


def ran_in(place: str, workers: dict[str, ManagedProcess]) -> str:
    pid = int(place.rpartition(":")[2])
    (queue,) = [name for name, worker in workers.items() if pid in {child.pid for child in worker.children}]
    return queue
