"""Who may open a page: a login, and the Django permission that the page names."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(permission: str) -> Callable[[View[P]], View[P]]:
    """A view for people who are logged in and hold `permission`; without a login it leads to the login page.

    Raises `PermissionDenied`, which becomes the designed 403 page.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        return cast("View[P]", login_required(guarded))

    return decorate
