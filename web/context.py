"""What every page's frame shows: a context processor."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from web import navigation, preferences


def shell(request: HttpRequest) -> dict[str, Any]:
    """`navigation` (lazily, since fragments have no side bar) and `csp_nonce` under the name that django-htmx reads."""
    return {
        "navigation": SimpleLazyObject(lambda: list(navigation.entries(request))),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "preferences": preferences.read(request),
        "theme_choices": [(theme, theme.capitalize()) for theme in preferences.THEMES],
        "environment_name": settings.ENVIRONMENT_NAME,
        "now": timezone.now(),
        "is_debug": settings.DEBUG,
    }
