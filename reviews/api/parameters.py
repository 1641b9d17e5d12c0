"""Parameters in paths, described for OpenAPI."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from common.rest.filters import LARGEST_ID

_PATH: Final = OpenApiParameter.PATH
REVIEW_ID = OpenApiParameter("review_id", {"type": "string", "format": "uuid"}, _PATH)
REVIEWER_ID = OpenApiParameter("reviewer_id", {"type": "string", "minLength": 1}, _PATH)
POLICY_ID = OpenApiParameter("policy_id", {"type": "string", "minLength": 1}, _PATH)
ABSENCE_ID = OpenApiParameter("absence_id", {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}, _PATH)
MAKES_NO_SENSE: Final = {422: OpenApiResponse(description="What is wrong, where, and how to mend it.")}
