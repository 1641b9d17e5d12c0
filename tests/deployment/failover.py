"""`python -m tests.deployment.failover`: Redis under Sentinel loses its master while a worker works (docs/scaling.md).

A master, a replica, three Sentinels, PostgreSQL, one worker. Ten executions a second, one after the other, and the
master is killed after a while; prints how long they took before and after. Ends with an error when one did not succeed.
"""

import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.driver import Driver
from benchmarks.stack import Stack
from tests.plugin import clean_environment
from tests.processes import ROOT, ManagedProcess, Processes
from tests.services import HOST, PostgresServer, RedisServer, find_free_port, find_redis

SENTINELS = 3
# Seconds without an answer until the master counts as lost; Redis's default is 30.
DOWN_AFTER = 2.0
BEFORE_SECONDS, AFTER_SECONDS, PAUSE_SECONDS = 5.0, 25.0, 0.1
PIPELINE: dict[str, Any] = {"name": "failover", "tasks": [{"name": "task", "type": "echo", "parameters": {"value": 1}}]}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="orchestration-failover-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres, processes = PostgresServer(folder / "postgres"), Processes(folder)
        try:
            postgres.start()
            _run(folder, postgres, processes)
        finally:
            processes.close()
            postgres.stop()


def _run(folder: Path, postgres: PostgresServer, processes: Processes) -> None:
    master, sentinels = start_redis_group(processes, folder)
    stack = Stack(folder, postgres, RedisServer(folder / "unused"))
    env = clean_environment() | {
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": stack.create_migrated_database(),
        "DATA_DIR": stack.create_folder(),
        "CELERY_BROKER_URL": ";".join(f"sentinel://{HOST}:{port}/0" for port in sentinels),
        "TASK_HANDLER_MODULES": "tests.sample_handlers",
    }
    processes.worker(env=env)
    with closing(Driver("tests.deployment.scaling_client", env)) as driver:
        driver.call("measure", PIPELINE, 1)
        _report("with the first master", _submit(driver, BEFORE_SECONDS))
        master.kill()
        _report("from its end on", _submit(driver, AFTER_SECONDS))


def _submit(driver: Driver, seconds: float) -> list[float]:
    """What each execution took, one after the other for so long."""
    ends_at, taken = time.monotonic() + seconds, []
    while time.monotonic() < ends_at:
        taken.append(driver.call("measure", PIPELINE, 1))
        time.sleep(PAUSE_SECONDS)
    return taken


def _report(when: str, taken: list[float]) -> None:
    slowest = ", ".join(f"{seconds:.3f}" for seconds in sorted(taken, reverse=True)[:3])
    print(f"{when}: {len(taken)} executions, median {median(taken):.3f} s, slowest {slowest} s")


def start_redis_group(processes: Processes, folder: Path) -> tuple[ManagedProcess, list[int]]:
    """The master, and the ports of the Sentinels that watch it as `mymaster`."""
    redis, env = str(find_redis()), clean_environment()
    ports = [find_free_port() for _ in range(2 + SENTINELS)]
    common = ("--bind", HOST, "--save", "")
    master = processes.start(redis, *common, "--port", str(ports[0]), env=env, ready="Ready to accept")
    replica = ("--port", str(ports[1]), "--replicaof", HOST, str(ports[0]))
    processes.start(redis, *common, *replica, env=env, ready="MASTER <-> REPLICA sync: Finished")
    for port in ports[2:]:
        conf = folder / f"sentinel-{port}.conf"
        conf.write_text(
            f"port {port}\nbind {HOST}\nsentinel monitor mymaster {HOST} {ports[0]} 2\n"
            f"sentinel down-after-milliseconds mymaster {DOWN_AFTER * 1000:.0f}\n"
            "sentinel failover-timeout mymaster 10000\n"
        )
        processes.start(redis, str(conf), "--sentinel", env=env, ready=r"\+monitor master mymaster", name="sentinel")
    return master, ports[2:]


if __name__ == "__main__":
    main()
