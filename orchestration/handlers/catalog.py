"""Task types by name: the built-in ones, and those registered by `register_task_handler` or `@task_handler`.

A worker finds registered ones in each installed app's `handlers.py` and in TASK_HANDLER_MODULES; nothing is ever
imported because a database row names it.
"""

import logging
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TypeVar

from django.conf import settings
from django.utils.module_loading import autodiscover_modules, import_string

from orchestration.conf import ConfigurationError
from orchestration.definition import TaskTypeSpec, register_task_type
from orchestration.handlers.base import Handler

logger = logging.getLogger(__name__)

# One file each; imported when first used.
BUILT_IN = {
    "classification": "orchestration.handlers.classification.classify",
    "custom": "orchestration.handlers.custom.run_custom",
    "extraction": "orchestration.handlers.extraction.extract",
    "human_review": "orchestration.handlers.human_review.ask_a_person",
    "text_generation": "orchestration.handlers.text_generation.generate",
    "validation": "orchestration.handlers.validation.validate",
}

_registered: dict[str, Handler] = {}
H = TypeVar("H", bound=Handler)


def register_task_handler(name: str, handler: Handler) -> None:
    """Make `type: <name>` run `handler`. Registering again replaces the earlier; built-in names are refused.

    Raises `ValueError` for a built-in or malformed name, `TypeError` for something that cannot be called.
    """
    if name in BUILT_IN:
        raise ValueError(f'"{name}" is a built-in task type; give yours another name')
    if not callable(handler):
        raise TypeError(f"the handler for {name!r} must be a function (task_config, input_data, context) -> dict")
    register_task_type(TaskTypeSpec(name=name, summary=_summary(handler), parameters=None, model="optional"))
    _registered[name] = handler
    if not is_importable(handler):
        logger.warning(
            'The handler of "%s" cannot be imported by workers (it lives in %s): only run() here can use it. '
            "Move it to a module and name that module in TASK_HANDLER_MODULES.",
            name,
            getattr(handler, "__module__", "an unnamed object"),
        )


def task_handler(name: str) -> Callable[[H], H]:
    """Decorator form of `register_task_handler`."""

    def register(handler: H) -> H:
        register_task_handler(name, handler)
        return handler

    return register


def find_handler(task_type: str) -> Handler | None:
    """The handler of a task type, or None when this process has none."""
    if task_type in BUILT_IN:
        handler: Handler = import_string(BUILT_IN[task_type])
        return handler
    return _registered.get(task_type)


def runnable_task_types() -> frozenset[str]:
    """The task types this process can run."""
    return frozenset(BUILT_IN) | frozenset(_registered)


def load_handler_modules() -> None:
    """Import each installed app's `handlers` module and those of TASK_HANDLER_MODULES. Raises `ConfigurationError`."""
    _load(tuple(settings.ORCHESTRATION.task_handler_modules))


@cache
def _load(modules: tuple[str, ...]) -> None:
    autodiscover_modules("handlers")
    for module in modules:
        try:
            import_module(module)
        except Exception as error:
            raise ConfigurationError(
                f'TASK_HANDLER_MODULES: the module "{module}" cannot be imported: {type(error).__name__}: {error}'
            ) from error


def is_importable(handler: Handler) -> bool:
    """Whether another process could import `handler` by its module and name."""
    module, name = getattr(handler, "__module__", ""), getattr(handler, "__qualname__", "")
    return bool(module) and module != "__main__" and "<" not in name


def _summary(handler: Handler) -> str:
    return (getattr(handler, "__doc__", None) or "a custom task").strip().splitlines()[0]
