"""`/reviews/{id}/draft`: what you have written so far."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from reviews.api import parameters, serializers
from reviews.api.who import decider, find
from reviews.models import Draft
from reviews.selectors.describing import draft_of
from reviews.services.drafts import discard_draft, save_draft
from reviews.views.who import DECIDE

NO_DRAFT = {"output": None, "comment": "", "version": 0, "updated_at": None}


class DraftViewSet(GenericViewSet[Draft]):
    """Your draft of a review."""

    queryset = Draft.objects.none()
    permissions_needed = dict.fromkeys(("retrieve", "update", "destroy"), DECIDE)
    serializer_class = serializers.Draft

    @extend_schema(
        parameters=[parameters.REVIEW_ID],
        responses=serializers.Draft,
    )
    def retrieve(self, request: Request, review_id: str) -> Response:
        """Your draft, with the version to save the next one with; version 0 when there is none."""
        found = draft_of(find(request, review_id), decider(request).actor.key)
        return Response(serializers.Draft(found or NO_DRAFT).data)

    @extend_schema(
        parameters=[parameters.REVIEW_ID],
        request=serializers.DraftRequest,
        responses={200: serializers.Draft, 409: OpenApiResponse(description="It was changed elsewhere since.")},
    )
    def update(self, request: Request, review_id: str) -> Response:
        """Keep a draft. The same again changes nothing; nothing is checked but its size."""
        body = serializers.DraftRequest(data=request.data)
        body.is_valid(raise_exception=True)
        review, actor = find(request, review_id), decider(request).actor
        given = body.validated_data
        save_draft(
            review_id=review.pk,
            by=actor,
            output=given.get("output"),
            comment=given.get("comment", ""),
            version=given.get("version"),
        )
        return Response(serializers.Draft(draft_of(review, actor.key)).data)

    @extend_schema(parameters=[parameters.REVIEW_ID], responses={204: None})
    def destroy(self, request: Request, review_id: str) -> Response:
        """Throw your draft away. There need not be one."""
        discard_draft(review_id=find(request, review_id).pk, by=decider(request).actor)
        return Response(status=204)
