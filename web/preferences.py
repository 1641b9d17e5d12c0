"""What a browser keeps of a person's taste: the theme, and whether single keys do something. Cookies, no table."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

THEMES = ("system", "light", "dark")
SWITCH = ("on", "off")
THEME, KEYS = "theme", "keys"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Preferences:
    theme: str = "system"
    keys: bool = True


def read(request: HttpRequest) -> Preferences:
    """What the request's cookies say; anything unknown is the default."""
    theme = request.COOKIES.get(THEME, "")
    return Preferences(theme if theme in THEMES else "system", request.COOKIES.get(KEYS) != "off")


def keep(response: HttpResponse, name: str, value: str) -> None:
    """Remember one of the two for a year."""
    response.set_cookie(
        name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )
