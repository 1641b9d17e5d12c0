"""The page for an error of ours, with an id that finds it in the log."""

import logging
import secrets

from django.http import HttpRequest, HttpResponseServerError
from django.template import loader

logger = logging.getLogger("django.request")


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Django's 500 page, but the person and the log (before the traceback that Django writes) share an id.

    Rendered without the request, so without its context processors: whatever broke may break them too.
    """
    error_id = f"err_{secrets.token_hex(4)}"
    logger.error("%s is the id that was shown for the error at %s %s", error_id, request.method, request.path)
    return HttpResponseServerError(loader.render_to_string("500.html", {"error_id": error_id}))
