"""Hangs tracing into the process, once, when Django starts and tracing is on."""

from typing import Any

from celery import signals

from orchestration.models import Execution
from orchestration.signals import execution_changed


def connect() -> None:
    """Imports OpenTelemetry only where it is used: in a worker before it forks, elsewhere with the first span."""
    execution_changed.connect(_on_change, sender=Execution, dispatch_uid="orchestration.tracing")
    signals.worker_init.connect(_on_worker, dispatch_uid="orchestration.tracing.worker")
    signals.worker_process_init.connect(_on_child, dispatch_uid="orchestration.tracing.child")
    signals.worker_process_shutdown.connect(_on_end, dispatch_uid="orchestration.tracing.child_end")
    signals.worker_shutdown.connect(_on_end, dispatch_uid="orchestration.tracing.worker_end")


def _on_change(**news: Any) -> None:
    from orchestration.tracing.executions import tell_of_end

    tell_of_end(**news)


def _on_worker(**_: Any) -> None:
    """Loaded once, and shared with the children."""
    from orchestration.tracing import attempts, executions  # noqa: F401


def _on_child(**_: Any) -> None:
    from orchestration.tracing.provider import provider

    provider()


def _on_end(**_: Any) -> None:
    from orchestration.tracing.provider import close

    close()
