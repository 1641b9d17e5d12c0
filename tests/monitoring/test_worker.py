"""A real worker with everything in it: what runs is measured, what fails is told, canaries come back."""

import json
import os
import shutil
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_django.live_server_helper import LiveServer

from monitoring.models import WorkerSample
from monitoring.resources import ProcessTree
from monitoring.services import rollups
from monitoring.worker import Watcher
from orchestration.engine import dispatch
from orchestration.engine.errands import Messenger
from orchestration.engine.process import Identity
from tests.conftest import WorkEnvironment
from tests.monitoring.load import Load
from tests.monitoring.minutes import Clock, add
from tests.monitoring.receivers import web_server
from tests.plugin import NOT_RUN, clean_environment
from tests.processes import ManagedProcess, Processes, run_python
from tests.services import find_free_port, wait_until

LONG = "PYTEST_MONITORING_LONG" in os.environ
FAILING = """
name: failing
tasks:
  - {name: check, type: validation, parameters: {rules: [{field: amount, required: true}]}, retry: {max_attempts: 1}}
"""
ADD_RULE = """
from monitoring import AlertRule
from monitoring.services.rules import add_alert_rule
add_alert_rule(rule=AlertRule(name="bad", metric_name="error_rate", threshold=0.1, channels=["hook"]))
"""

UNANSWERED = """
from monitoring import AlertRule
from monitoring.models import Canary
print(Canary.objects.filter(taken_at=None).count(), "of", Canary.objects.count())
"""


def manage(env: dict[str, str], *words: str) -> Any:
    """A command's document."""
    done = run_python("manage.py", *words, "--json", env=env)
    return json.loads(done.stdout or "{}")


def test_a_process_tree_tells_what_it_uses() -> None:
    tree = ProcessTree(psutil.Process().pid)
    tree.look()
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    use = tree.look()
    assert use.processes >= 1
    assert 0.05 < use.cpu_cores < 10
    assert use.memory_bytes > 10_000_000


@pytest.mark.django_db
def test_the_watcher_samples_its_worker_and_sends_canaries_and_a_messenger_has_messages_delivered(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    jobs: list[tuple[str, str]] = []

    def send_job(name: str, *, queue: str, args: tuple[int, ...] = ()) -> bool:
        jobs.append((name, queue))
        return True

    monkeypatch.setattr(dispatch, "send_job", send_job)
    watcher = Watcher(Identity(queues=("default", "slow")))
    watcher.step()
    assert WorkerSample.objects.get().memory_bytes > 10_000_000
    assert jobs == [("monitoring.canary", "default"), ("monitoring.canary", "slow")]
    add()
    clock.minute(ok=0, error=1)
    Messenger(watcher.identity).step()
    assert jobs[2:] == [("monitoring.deliver_notices", "default")]


@pytest.mark.skipif(not LONG, reason="takes a quarter of a minute: PYTEST_MONITORING_LONG=1")
@pytest.mark.parametrize("broker", [False, True], ids=["own", "redis"])
def test_a_failure_is_measured_and_told_and_the_canary_comes_back(
    work_environment: WorkEnvironment, processes: Processes, tmp_path: Path, broker: bool
) -> None:
    with web_server() as posts:
        env = work_environment(broker=broker, ALERT_WEBHOOK_PRIVATE_HOSTS="127.0.0.1", PYTHONPATH=".")
        (tmp_path / "failing.yaml").write_text(FAILING)
        manage(env, "alerts", "--channel", "hook", "webhook", posts.url)
        assert run_python("-c", ADD_RULE, env=env).returncode == 0
        worker = processes.worker(env=env)
        assert run_python("manage.py", "run_pipeline", str(tmp_path / "failing.yaml"), env=env).returncode == 1
        manage(env, "recover")  # every duty of the ticker, without waiting for its turn
        assert wait_until(lambda: bool(posts.received)), worker.read_log()
    assert (posts.bodies[0]["rule"], posts.bodies[0]["value"]) == ("bad", 1.0)
    values = manage(env, "metrics", "failure_count", "worker_memory_bytes")["metrics"]
    assert values["failure_count"][0]["value"] == 1
    assert values["worker_memory_bytes"][0]["value"] > 20_000_000
    assert wait_until(lambda: run_python("-c", UNANSWERED, env=env).stdout.strip() == "0 of 1")


def query(port: int, expression: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={expression}", timeout=30) as reply:
        return json.load(reply)["data"]["result"]


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
def test_a_real_prometheus_scrapes_it(live_server: LiveServer, noon: Any, tmp_path: Path) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip(NOT_RUN + "prometheus is not on the PATH (Debian's package of this name)")
    written = Load(seed=1).write(20, noon, rollups.BLOCK / 2)
    rollups.roll_up(budget_seconds=60)
    target = f"{live_server.thread.host}:{live_server.thread.port}"
    jobs = f"[{{job_name: ours, static_configs: [{{targets: ['{target}']}}]}}]"
    config = f"global: {{scrape_interval: 1s}}\nscrape_configs: {jobs}\n"
    (tmp_path / "prometheus.yml").write_text(config)
    port = find_free_port()
    options = [f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"]
    command = ["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", *options]
    server = ManagedProcess("prometheus", command, clean_environment(), tmp_path / "prometheus.log", tmp_path)
    try:
        server.wait_for("Server is ready to receive", 20)
        assert wait_until(lambda: bool(query(port, "orchestration_executions_total")), interval=0.2), server.read_log()
        (total,) = query(port, "sum(orchestration_executions_total)")
        (up,) = query(port, "up")
        (median,) = query(port, "histogram_quantile(0.5,sum(orchestration_task_seconds_bucket)by(le))")
    finally:
        server.popen.terminate()
        server.popen.wait(60)
    assert (up["value"][1], float(total["value"][1])) == ("1", sum(written.executions.values()))
    assert 0.5 < float(median["value"][1]) < 2.5
