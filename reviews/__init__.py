"""Human in the loop: requests for a person's decision, who gets them, what they say, and the record of all of it.

    from reviews import ReviewerProfile

works in a plain `python script.py` at the project's root: importing a public name sets Django up if nobody has.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reviews.manager import HumanLoopManager
    from reviews.models import ReviewerProfile
    from reviews.outcome import Outcome
    from reviews.scripted import Reply, ScriptedReviewer
    from reviews.services.requests import Subject

_HOMES = {
    "HumanLoopManager": "reviews.manager",
    "Outcome": "reviews.outcome",
    "Reply": "reviews.scripted",
    "ReviewerProfile": "reviews.models",
    "ScriptedReviewer": "reviews.scripted",
    "Subject": "reviews.services.requests",
}

__all__ = ["HumanLoopManager", "Outcome", "Reply", "ReviewerProfile", "ScriptedReviewer", "Subject"]


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
