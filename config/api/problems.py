"""The one shape of every error under `/api/`: `application/problem+json` (RFC 9457).

    {"type": "about:blank", "title": "Unprocessable Entity", "status": 422, "detail": "…", "code": "invalid_definition",
     "errors": [{"code", "message", "line", "column", "pointer", "task", "suggestion", "parameter"}]}

`code` is stable and meant for programs, `detail` is a sentence for people. `errors` names every single mistake: by
line, column and JSON pointer when it is in the body, by `parameter` when it is in the query or a header. Owns the table
of statuses; what goes wrong is decided where it goes wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views import defaults
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS

from common.errors import Conflict, Failed, Invalid, NotFound, OrchestrationError, Unavailable
from orchestration.definition import DefinitionError
from orchestration.exceptions import InvalidInput
from web.errors import server_error

CONTENT_TYPE = "application/problem+json"
API_PREFIX = "/api/"
ERROR_KEYS = ("code", "message", "line", "column", "pointer", "task", "suggestion", "parameter")
BUSY_SECONDS = 5

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Failed: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    OrchestrationError: HTTPStatus.BAD_REQUEST,
}


@dataclass(frozen=True)
class Problem:
    """An error on its way to a client."""

    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def as_response(self) -> JsonResponse:
        """Not a DRF response: an error has this type whatever the request accepts."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": self.errors,
        }
        return JsonResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=self.headers)


def error(code: str, message: str, **place: Any) -> dict[str, Any]:
    """One entry of `errors`, with every key."""
    return {"code": code, "message": message, **{key: place.get(key) for key in ERROR_KEYS[2:]}}


def handle_exception(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's EXCEPTION_HANDLER. None for what nobody foresaw: Django logs it and asks `handle_500`."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied(str(exc) or None)
    if isinstance(exc, exceptions.APIException):
        return _describe_api_exception(exc, context["request"].method).as_response()
    if isinstance(exc, OperationalError):
        busy = {"Retry-After": str(BUSY_SECONDS)}
        return Problem(
            503, "database_unavailable", "the database does not answer; try again", headers=busy
        ).as_response()
    if isinstance(exc, UnreadablePostError):
        return Problem(400, "incomplete_body", "the request's body broke off").as_response()
    status = next((STATUSES[kind] for kind in type(exc).__mro__ if kind in STATUSES), None)
    return None if status is None else _describe_ours(exc, status).as_response()


def _database_away() -> Problem:
    busy = {"Retry-After": str(BUSY_SECONDS)}
    return Problem(503, "database_unavailable", "the database does not answer; try again", headers=busy)


def _describe_api_exception(exc: exceptions.APIException, method: str | None) -> Problem:
    headers = {"WWW-Authenticate": str(header)} if (header := getattr(exc, "auth_header", None)) else {}
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(exc, exceptions.ValidationError):
        key = getattr(exc, "place", "parameter" if method in SAFE_METHODS else "pointer")
        errors = list(_flatten(exc.detail, (), key))
        return Problem(exc.status_code, "invalid_request", _summarise(errors), errors, headers)
    errors = getattr(exc, "errors", [])
    return Problem(exc.status_code, _code(exc), str(exc.detail), errors, headers)


def _code(exc: exceptions.APIException) -> str:
    codes = exc.get_codes()
    return codes if isinstance(codes, str) else exc.default_code


def _flatten(detail: Any, path: tuple[str, ...], key: str) -> Iterator[dict[str, Any]]:
    """DRF's nested messages as a flat list; `key` says whether the names are JSON pointers or parameters."""
    if isinstance(detail, Mapping):
        for name, part in detail.items():
            yield from _flatten(part, path if name == "non_field_errors" else (*path, str(name)), key)
    elif isinstance(detail, list):
        for part in detail:
            yield from _flatten(part, path, key)
    else:
        place = _pointer(path) if key == "pointer" else ".".join(path)
        yield error(getattr(detail, "code", "invalid"), str(detail), **{key: place})


def _pointer(path: tuple[str, ...]) -> str:
    """RFC 6901."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def _summarise(errors: list[dict[str, Any]]) -> str:
    said = [f"{entry['parameter'] or entry['pointer'] or 'the body'}: {entry['message']}" for entry in errors[:3]]
    more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
    return "; ".join(said) + more


def _describe_ours(exc: Exception, status: HTTPStatus) -> Problem:
    code = str(getattr(exc, "code", "error"))
    if isinstance(exc, DefinitionError):
        found = [problem for problem in exc.problems if problem.is_error]
        errors = [error(**{key: value for key, value in p.as_dict().items() if key in ERROR_KEYS}) for p in found]
        mistakes = "1 mistake" if len(found) == 1 else f"{len(found)} mistakes"
        return Problem(status, code, f"the definition has {mistakes}", errors)
    if isinstance(exc, InvalidInput):
        return Problem(status, code, str(exc), [error(code, m, pointer=f"/input{p}") for p, m in exc.problems])
    if isinstance(exc, Invalid):
        return Problem(status, code, str(exc), [error(code, m, pointer=p) for p, m in exc.problems])
    return Problem(status, code, str(exc))


# Django's own error pages, for what happens outside a DRF view --------------------------------------------------------

Page = Callable[..., HttpResponse]


def _problem_or_page(status: HTTPStatus, code: str, detail: str, page: Page) -> Page:
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.path.startswith(API_PREFIX):
            return Problem(status, code, detail).as_response()
        return page(request, *args, **kwargs)

    return handle


handle_400 = _problem_or_page(
    HTTPStatus.BAD_REQUEST, "bad_request", "the request cannot be processed as it is", defaults.bad_request
)
handle_500 = _problem_or_page(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal_error",
    "an error of ours; the server's log has it, and the request may or may not have taken effect",
    server_error,
)
