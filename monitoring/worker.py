"""A loop in every worker's main process: looks at what the worker uses, sends canaries.

Apart from the engine's own loops, so that nothing here can hold up a lease or a retry; tasks never wait for it.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from celery import signals
from django.db.models.functions import Now

from monitoring.models import WorkerSample
from monitoring.resources import ProcessTree
from monitoring.services.canaries import send_canaries
from monitoring.services.switch import is_active
from orchestration.engine import process
from orchestration.engine.loops import BackgroundLoop
from orchestration.engine.process import Identity

logger = logging.getLogger(__name__)

STEP_SECONDS = 5.0
SAMPLE_SECONDS = 15.0
CANARY_SECONDS = 60.0

_loops: list[BackgroundLoop] = []


@dataclass
class Watcher:
    """One step every five seconds."""

    identity: Identity
    _tree: ProcessTree = field(init=False)
    _due: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tree = ProcessTree(self.identity.main_pid)

    def step(self) -> float:
        if is_active():
            if self._is_due("sample", SAMPLE_SECONDS):
                write_sample(self.identity, self._tree)
            if self._is_due("canary", CANARY_SECONDS) and not process.is_stopping():
                send_canaries(worker_id=self.identity.worker_id, queues=self.identity.queues)
        return STEP_SECONDS

    def _is_due(self, name: str, period: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(name, 0.0):
            return False
        self._due[name] = now + period
        return True


def write_sample(identity: Identity, tree: ProcessTree) -> None:
    """Keep the latest look; the ticker's leader puts it into the roll-ups."""
    use = tree.look()
    columns = {
        "hostname": identity.hostname,
        "pid": identity.main_pid,
        "processes": use.processes,
        "cpu_share": use.cpu_cores,
        "memory_bytes": use.memory_bytes,
        "read_bytes_per_second": use.read_bytes_per_second,
        "written_bytes_per_second": use.written_bytes_per_second,
        "at": Now(),
    }
    WorkerSample.objects.update_or_create(worker_id=identity.worker_id, defaults=columns)


def connect_signals() -> None:
    """Called once, in the app's `ready()`."""
    signals.worker_ready.connect(_on_ready, dispatch_uid="monitoring.worker_ready")
    signals.worker_shutdown.connect(_on_shutdown, dispatch_uid="monitoring.worker_shutdown")


def _on_ready(**kwargs: Any) -> None:
    loop = BackgroundLoop("watcher", Watcher(process.identity()).step)
    _loops.append(loop)
    loop.start()


def _on_shutdown(**kwargs: Any) -> None:
    for loop in _loops:
        loop.stop(timeout=1.0)
    _loops.clear()
