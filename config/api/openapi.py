"""The OpenAPI document (3.1, by drf-spectacular) and the pages that show it, with nothing from another host."""

from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPMethod, HTTPStatus
from typing import Any, NoReturn

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from drf_spectacular import views
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api.problems import CONTENT_TYPE, ERROR_KEYS

_nullable_text = {"type": ["string", "null"]}
_nullable_number = {"type": ["integer", "null"], "minimum": 1}
ERROR_SCHEMA = {
    "type": "object",
    "description": "One mistake, and where it is.",
    "required": list(ERROR_KEYS),
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "line": _nullable_number,
        "column": _nullable_number,
        "pointer": {**_nullable_text, "description": "RFC 6901 JSON pointer into the body"},
        "task": {**_nullable_text, "description": "the task it is in"},
        "suggestion": {**_nullable_text, "description": "what may have been meant"},
        "parameter": {**_nullable_text, "description": "the query parameter or header it is in"},
    },
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "a sentence for people"},
        "code": {"type": "string", "description": "stable, for programs"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
    },
}
PROBLEM_CONTENT = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
DESCRIPTIONS = {
    HTTPStatus.BAD_REQUEST: "The request is malformed.",
    HTTPStatus.UNAUTHORIZED: "No valid token or session.",
    HTTPStatus.FORBIDDEN: "The login lacks the permission.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.NOT_ACCEPTABLE: "None of the accepted media types can be given.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body's media type is not understood.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; `Retry-After` says when to try again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Busy or without its database; `Retry-After` says when to try again.",
}
ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def describe_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's post-processing hook: every error of every operation has the problem shape."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(Problem=PROBLEM_SCHEMA, ProblemError=ERROR_SCHEMA)
    components["responses"] = {status.name: _error_response(status) for status in DESCRIPTIONS}
    for path, operation in _operations(result):
        operation["summary"] = operation["description"].partition(". ")[0].removesuffix(".")
        responses = {status: _complete(status, said) for status, said in operation["responses"].items()}
        shared = {str(int(s)): {"$ref": f"#/components/responses/{s.name}"} for s in _expected_errors(path, operation)}
        operation["responses"] = dict(sorted((shared | responses).items()))
    return result


def _complete(status: str, response: dict[str, Any]) -> dict[str, Any]:
    """What a view says of a response, with what it need not say."""
    added = {"content": PROBLEM_CONTENT} if status >= "400" else {}
    return {**response, "description": response["description"] or "Done.", **added}


def _error_response(status: HTTPStatus) -> dict[str, Any]:
    response: dict[str, Any] = {"description": DESCRIPTIONS[status], "content": PROBLEM_CONTENT}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        seconds = {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}
        response["headers"] = {"Retry-After": seconds}
    return response


def _operations(result: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    methods = {method.lower() for method in HTTPMethod}
    for path, item in result["paths"].items():
        yield from ((path, operation) for method, operation in item.items() if method in methods)


def _expected_errors(path: str, operation: Mapping[str, Any]) -> Iterator[HTTPStatus]:
    yield from ALWAYS
    if "{" in path:
        yield HTTPStatus.NOT_FOUND
    if "requestBody" in operation:
        yield from WITH_BODY


# Pages ----------------------------------------------------------------------------------------------------------------

# Both libraries set styles from their scripts; Redoc works in a blob and would load its logo from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; worker-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


class _Kept:
    """The document is the same for everybody while the process lives, so it is made once for each media type."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        made: HttpResponse | None = _made.get(request.accepted_renderer.media_type)
        if made is not None and not request.GET:
            return HttpResponse(made.content, headers={name: made[name] for name in KEPT_HEADERS})
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[misc]  # a mixin
        if not request.GET:
            response.add_post_render_callback(partial(_made.__setitem__, request.accepted_renderer.media_type))
        return response


KEPT_HEADERS = ("Content-Type", "Content-Disposition")
_made: dict[str, HttpResponse] = {}


class JsonDocument(_Kept, views.SpectacularJSONAPIView):
    """The document as JSON."""

    schema = None  # it does not describe itself


class YamlDocument(_Kept, views.SpectacularYAMLAPIView):
    """The document as YAML."""

    schema = None


class _LocalPage:
    """For people in a browser: without a login it leads to the login page and back."""

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())  # type: ignore[attr-defined]  # a mixin
        return super().handle_exception(exc)  # type: ignore[misc]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response


class SwaggerPage(_LocalPage, views.SpectacularSwaggerSplitView):
    """The document, to try requests with."""

    url_name = "openapi-json"
    template_name = "api/swagger.html"


class RedocPage(_LocalPage, views.SpectacularRedocView):
    """The document, to read."""

    url_name = "openapi-json"
    template_name = "api/redoc.html"


class NoSuchAddress(APIView):
    """Whatever else stands under /api/."""

    permission_classes = ()
    authentication_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Whatever the method."""
        raise NotFound("there is nothing at this address; /api/v1/openapi.json lists what there is")
