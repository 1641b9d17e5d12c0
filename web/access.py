"""Who may open a page: a login, and the Django permission that the page names."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(permission: str) -> Callable[[View[P]], View[P]]:
    """A view for people who are signed in and hold `permission`; without a login it leads to the login page.

    Raises `PermissionDenied`, which becomes the designed 403 page.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            if not request.user.has_perm(permission):
                raise PermissionDenied(_describe(permission))
            return view(request, *args, **kwargs)

        return cast("View[P]", guarded)

    return decorate


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A fragment would show the login page inside the page: htmx is told to leave it, live parts stop."""
    htmx = request.htmx  # type: ignore[attr-defined]  # by django_htmx's middleware
    if not htmx:
        return redirect_to_login(request.get_full_path())
    way = redirect_to_login(htmx.current_url_abs_path or "/")
    return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": way.url})


def _describe(permission: str) -> str:
    app, _, codename = permission.partition(".")
    return f"This needs the permission to {codename.replace('_', ' ')} ({app}.{codename})."
