"""Metrics, alert rules and health. The public Python API, loaded when first used.

    from monitoring import AlertRule, AlertSeverity

works in a plain `python script.py` at the project's root: importing a public name sets Django up if nobody has.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitoring.manager import Monitor
    from monitoring.models import AlertRule
    from monitoring.states import AlertSeverity

_HOMES = {
    "AlertRule": "monitoring.models",
    "AlertSeverity": "monitoring.states",
    "Monitor": "monitoring.manager",
}

__all__ = ["AlertRule", "AlertSeverity", "Monitor"]


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
