"""What must be said before Django reads a request under `/api/`."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase

from config.api.problems import API_PREFIX, Problem


class LengthRequiredMiddleware:
    """Refuses chunked requests: WSGI tells Django no length, and their bodies would be taken for empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(API_PREFIX) and "Transfer-Encoding" in request.headers:
            detail = "send the body with a Content-Length instead of in chunks"
            return Problem(HTTPStatus.LENGTH_REQUIRED, "length_required", detail).as_response()
        return self.get_response(request)
