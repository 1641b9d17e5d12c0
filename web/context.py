"""What every page's frame shows: a context processor."""

from typing import Any

from django.http import HttpRequest

from web import navigation


def shell(request: HttpRequest) -> dict[str, Any]:
    """`navigation` (lazily, since fragments have no side bar) and `csp_nonce` under the name that django-htmx reads."""
    return {
        "navigation": lambda: list(navigation.entries(request.user, request.path)),
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }
