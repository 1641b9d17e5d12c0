"""Every address of the project, and the permission that it declares.

Owns the walk through the URL patterns and `OTHERWISE`, the few addresses that no permission alone decides about. An
address that declares nothing and is not listed there stops the walk: nothing is let through unnoticed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from registry.verbs import VERBS
from web.access import permission_needed

LOGIN, EVERYBODY = "a login", "everybody"
ADMIN_SITE, API = "admin/", "api/"
FOR_MACHINES = ("metrics",)  # whoever may not is refused, not led to the login page
PAGE_METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
# Only with DEBUG on; Django's and the libraries' own.
LEFT_OUT = ("style/",)
OTHERWISE: Mapping[str, str] = {
    "login/": EVERYBODY,
    "logout/": EVERYBODY,
    "preferences/": EVERYBODY,
    "livez": EVERYBODY,
    "readyz": EVERYBODY,
    "healthz": EVERYBODY,
    "metrics": "monitoring.view_rollup",
    "account/": LOGIN,
    "account/password/": LOGIN,
    "search/": LOGIN,
    "reviews/<uuid:review_id>/send/": "reviews.decide_reviewrequest",
    "api/v1/openapi.json": LOGIN,
    "api/v1/openapi.yaml": LOGIN,
    "api/v1/docs": LOGIN,
    "api/v1/redoc": LOGIN,
    r"^api(?:/|\Z)": EVERYBODY,
}
# What the address alone does not decide, for the reader of the table.
NOTES: Mapping[str, str] = {
    "healthz": "the single checks: as `/metrics`",
    "metrics": "or `METRICS_TOKEN`, or from the machine itself",
    "search/": "finds what the permissions of its pages let one see",
    "reviews/<uuid:review_id>/send/": "without a login the form is kept until there is one",
    "executions/selected/": "to cancel: `change_execution`; to run again: `add_execution`",
    "monitoring/rules/<int:rule_id>/": "to save: `change_alertrule`",
    "reviews/people/<text:reviewer_id>/availability/": "one's own, else `change_reviewerprofile`",
    "reviews/people/<text:reviewer_id>/absences/": "one's own, else `change_reviewerprofile`",
    "reviews/people/<text:reviewer_id>/absences/<int:absence_id>/": "one's own, else `change_reviewerprofile`",
    "registry/register/": "to make it the default: `add_pointermove`",
    "registry/register/hosted/": "to make it the default: `add_pointermove`",
    "PATCH api/v1/reviewers/<text:reviewer_id>": "one's own availability, else `change_reviewerprofile`",
    "POST api/v1/reviewers/<text:reviewer_id>/absences": "one's own, else `change_reviewerprofile`",
    "DELETE api/v1/reviewers/<text:reviewer_id>/absences/<int:absence_id>": "one's own, else `change_reviewerprofile`",
    "POST api/v1/models/<text:model_name>/versions": "to make it the default: `add_pointermove`",
    "POST api/v1/models/<text:model_name>/versions/<text:label>/finish": "to make it the default: `add_pointermove`",
}
VERB = "<slug:verb>"
# What stands for a part of an address: nothing is there.
PART = re.compile(r"<(?:(\w+):)?\w+>")
VALUES = {"int": "1", "id": "1", "uuid": "01a202d3-a84e-7659-84a3-5a4699e1dad1"}
# Regular expressions, by how they begin.
IRREGULAR = {"^api(": "/api/x", "admin/(?P<url>": "/admin/x", "admin/(?P<app_label>": "/admin/auth/"}


@dataclass(frozen=True)
class Endpoint:
    """An address as its pattern has it; `needs` is a permission, `LOGIN` or `EVERYBODY`."""

    route: str
    methods: tuple[str, ...]
    needs: str

    @property
    def address(self) -> str:
        return address_of(self.route)

    @property
    def is_rest(self) -> bool:
        return self.route.startswith(API)

    @property
    def key(self) -> str:
        """As `NOTES` and the table know it; a page is one row whatever the method."""
        return f"{self.methods[0]} {self.route}" if self.is_rest else self.route

    @property
    def note(self) -> str:
        return NOTES.get(self.key, "")


def address_of(route: str) -> str:
    """An address of that pattern, at which there is nothing."""
    irregular = next((address for begin, address in IRREGULAR.items() if route.startswith(begin)), None)
    return irregular or "/" + PART.sub(lambda part: VALUES.get(part[1] or "", "x"), route)


def walk() -> Iterator[tuple[str, URLPattern]]:
    """Every pattern with its whole route."""
    yield from _walk("", get_resolver().url_patterns)


def _walk(before: str, entries: list[Any]) -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        step = str(entry.pattern)
        route = before + (step.removeprefix("^") if before else step)  # as Django joins them
        if isinstance(entry, URLResolver):
            yield from _walk(route, entry.url_patterns)
        else:
            yield route, entry


def endpoints() -> Iterator[Endpoint]:
    """Pages, probes and REST; without the admin site, where the role admin alone gets in."""
    for route, pattern in walk():
        if route.startswith((ADMIN_SITE, *LEFT_OUT)):
            continue
        yield from _of(route, pattern.callback)


def _of(route: str, callback: Any) -> Iterator[Endpoint]:
    if route in OTHERWISE:
        yield Endpoint(route, PAGE_METHODS, OTHERWISE[route])
    elif hasattr(callback, "cls") and issubclass(callback.cls, APIView):
        actions = getattr(callback, "actions", None) or {"get": callback.cls.action}
        for method, action in list(actions.items()):
            if method == "head":  # the framework adds it to GET
                continue
            needed = getattr(callback.cls, "permissions_needed", {}).get(action)
            yield Endpoint(route, (method.upper(),), _declared(route, needed))
    elif VERB in route:
        for verb in VERBS:
            yield Endpoint(route.replace(VERB, verb), PAGE_METHODS, permission_needed(callback, verb=verb) or "")
    else:
        yield Endpoint(route, PAGE_METHODS, _declared(route, permission_needed(callback)))


def _declared(route: str, needed: str | None) -> str:
    assert needed, (
        f"/{route} says of nobody that they may use it: decorate the page with web.access.page, name the action in "
        "the REST view's permissions_needed, or list the address in OTHERWISE here"
    )
    return needed
