"""Parameters in paths, queries and headers: described for OpenAPI, read and checked."""

import re
from typing import Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from common.rest.filters import LARGEST_ID, LARGEST_NUMBER
from common.rest.parameters import BadParameter

LONGEST_KEY = 200
_KEY_PATTERN = f"^[!-~]{{1,{LONGEST_KEY}}}$"
_DIGITS = re.compile("[0-9]{1,19}")
_PATH: Final = OpenApiParameter.PATH
_HEADER: Final = OpenApiParameter.HEADER
_number = {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}

PIPELINE_ID = OpenApiParameter("pipeline_id", {"type": "string", "minLength": 1}, _PATH)
NUMBER = OpenApiParameter("number", _number, _PATH)
EXECUTION_ID = OpenApiParameter("execution_id", {"type": "string", "format": "uuid"}, _PATH)
TASK_NAME = OpenApiParameter("name", {"type": "string", "minLength": 1}, _PATH)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": _KEY_PATTERN},
    _HEADER,
    description="Visible ASCII. The same key again for the same pipeline and input gives the first execution.",
)
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
    _HEADER,
    description="For event streams: where to go on.",
)


def read_idempotency_key(request: Request) -> str | None:
    """Raises `BadParameter`."""
    given: str | None = request.headers.get("Idempotency-Key")
    if given is not None and not re.fullmatch(_KEY_PATTERN, given):
        raise BadParameter({"Idempotency-Key": f"give 1 to {LONGEST_KEY} visible ASCII characters"})
    return given


def read_last_event_id(request: Request) -> int:
    """0 when the client starts anew. Raises `BadParameter`."""
    given = request.headers.get("Last-Event-ID", "0")
    if not (_DIGITS.fullmatch(given) and int(given) <= LARGEST_ID):
        raise BadParameter({"Last-Event-ID": "give the id of an event"})
    return int(given)
