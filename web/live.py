"""The answers to `static/js/live.js`, which asks for a part of a page again and again.

A view computes the version of what it shows cheaply, and renders only when the page has another one. The element
carries `data-live` (the address), `data-version` and `data-seconds`; once what it shows is final, it is answered
without `data-live`, and the asking ends.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse


def respond(request: HttpRequest, version: object, is_final: bool, render: Callable[[], HttpResponse]) -> HttpResponse:
    """204 while the page shows `version` already, else what `render()` makes.

    A final part is always rendered, so that a page which still asks gets the element that stops it.
    """
    if not is_final and request.GET.get("version") == str(version):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    response = render()
    response["Cache-Control"] = "no-store"
    if is_final:
        response["Live-Final"] = "true"  # live.js stops even if the template forgot to leave data-live out
    return response
