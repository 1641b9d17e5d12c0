"""Who may open a page: a login, and the Django permission that the page names. Roles that have it: `web.roles`."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from web.roles.asking import explain

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
Permission = str | Callable[..., str]
"""A permission, or what answers one when it is asked with the address's arguments."""
DECLARED = "permission_needed"


def page(permission: Permission) -> Callable[[View[P]], View[P]]:
    """A view for people who are signed in and hold `permission`; without a login it leads to the login page.

    Raises `PermissionDenied`, which becomes the designed 403 page.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            require(request, permission if isinstance(permission, str) else permission(*args, **kwargs))
            return view(request, *args, **kwargs)

        setattr(guarded, DECLARED, permission)  # functools.wraps hands it on to what is wrapped around this
        return cast("View[P]", guarded)

    return decorate


def require(request: HttpRequest, permission: str) -> None:
    """For what only the request's content decides. Raises `PermissionDenied`, saying which roles would do."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(explain(permission, request.user))


def permission_needed(view: object, **arguments: object) -> str | None:
    """What a view was decorated with, given its address's arguments; None for a view of another kind."""
    declared: Permission | None = getattr(view, DECLARED, None)
    return declared(**arguments) if callable(declared) else declared


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A fragment would show the login page inside the page: htmx is told to leave it, live parts stop."""
    htmx = request.htmx  # type: ignore[attr-defined]  # by django_htmx's middleware
    if not htmx:
        return redirect_to_login(request.get_full_path())
    way = redirect_to_login(htmx.current_url_abs_path or "/")
    return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": way.url})
