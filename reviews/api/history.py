"""`/reviews/{id}/history` and `/why`: what happened to a review, and why it is with whom it is."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from reviews.api import parameters, serializers
from reviews.api.who import find
from reviews.models import ReviewEvent
from reviews.selectors import history, team
from reviews.views.who import VIEW


class HistoryViewSet(GenericViewSet[ReviewEvent]):
    """What is on record about a review."""

    queryset = ReviewEvent.objects.none()
    permissions_needed = dict.fromkeys(("history", "why"), VIEW)
    serializer_class = serializers.ReviewEvent
    pagination_class = None

    @extend_schema(parameters=[parameters.REVIEW_ID], responses=serializers.ReviewEvent(many=True))
    def history(self, request: Request, review_id: str) -> Response:
        """What happened to it, oldest first; at most 1,000 events."""
        lines = history.history(find(request, review_id).pk)
        shown = [{**line.as_dict(), "actor_name": line.label} for line in lines]
        return Response(serializers.ReviewEvent(shown, many=True).data)

    @extend_schema(parameters=[parameters.REVIEW_ID], responses=serializers.Why)
    def why(self, request: Request, review_id: str) -> Response:
        """Why it is with whom it is, who would get it now, or why nobody and what would help."""
        return Response(serializers.Why(team.why(find(request, review_id).pk)).data)
