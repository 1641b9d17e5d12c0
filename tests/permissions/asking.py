"""Asks an endpoint as somebody, without what stands before the views: no session, no cookies, no pages of errors."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import ResolverMatch, resolve
from django_htmx.middleware import HtmxDetails

from common.errors import OrchestrationError

Outcome = Literal["in", "sign in", "refused", "no such method"]
ELSEWHERE = "192.0.2.1"
LOGINS = ("/login/?next=", "/admin/login/?next=")
NOBODY = AnonymousUser()


def ask(address: str, method: str, user: User | AnonymousUser) -> Outcome:
    """What becomes of a request: `in` is whatever happens behind the door, also that nothing is found there."""
    request: Any = RequestFactory(REMOTE_ADDR=ELSEWHERE).generic(method, address, content_type="application/json")
    request.user, request.session = user, SessionStore()
    request._messages, request.htmx = CookieStorage(request), HtmxDetails(request)
    request._dont_enforce_csrf_checks, request.csp_nonce = True, ""
    found = find(address)
    request.resolver_match = found
    return judge(lambda: found.func(request, *found.args, **found.kwargs))


@cache
def find(address: str) -> ResolverMatch:
    """Resolved once, however often it is asked."""
    return resolve(address)


def judge(answer: Callable[[], Any]) -> Outcome:
    try:
        response = answer()
    except PermissionDenied:
        return "refused"
    except (Http404, OrchestrationError):
        return "in"
    if response.status_code == 401 or response.get("Location", "").startswith(LOGINS):
        return "sign in"
    return {403: "refused", 405: "no such method"}.get(response.status_code, "in")  # type: ignore[return-value]
