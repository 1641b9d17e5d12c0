"""AI pipelines, executed durably. The public Python API, loaded when first used.

    from orchestration import PipelineOrchestrator, Pipeline

works in a plain `python script.py` at the project's root: importing a public name sets Django up if nobody has.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.errors import OrchestrationError
    from orchestration.conf import ConfigurationError, OrchestrationConfig
    from orchestration.definition import DefinitionError, Pipeline, PipelineConfig, Problem, TaskConfig
    from orchestration.exceptions import RetryableTaskError, TaskError
    from orchestration.handlers.base import TaskContext
    from orchestration.handlers.catalog import register_task_handler, task_handler
    from orchestration.orchestrator import PipelineOrchestrator

_HOMES = {
    "ConfigurationError": "orchestration.conf",
    "DefinitionError": "orchestration.definition",
    "OrchestrationConfig": "orchestration.conf",
    "OrchestrationError": "common.errors",
    "Pipeline": "orchestration.definition",
    "PipelineConfig": "orchestration.definition",
    "PipelineOrchestrator": "orchestration.orchestrator",
    "Problem": "orchestration.definition",
    "RetryableTaskError": "orchestration.exceptions",
    "TaskConfig": "orchestration.definition",
    "TaskContext": "orchestration.handlers.base",
    "TaskError": "orchestration.exceptions",
    "register_task_handler": "orchestration.handlers.catalog",
    "task_handler": "orchestration.handlers.catalog",
}

__all__ = [
    "ConfigurationError",
    "DefinitionError",
    "OrchestrationConfig",
    "OrchestrationError",
    "Pipeline",
    "PipelineConfig",
    "PipelineOrchestrator",
    "Problem",
    "RetryableTaskError",
    "TaskConfig",
    "TaskContext",
    "TaskError",
    "register_task_handler",
    "task_handler",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _set_django_up()
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def _set_django_up() -> None:
    """`django.setup()` for plain scripts; nothing when Django is ready, or while it is loading the apps."""
    import django
    from django.apps import apps

    if apps.ready or apps.loading:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
