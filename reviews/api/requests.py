"""`/reviews`: ask, read, and what people do with a review. A GET changes nothing, whatever address it has."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from common.repeats import is_repeated
from reviews.api import parameters, serializers
from reviews.api.filters import ReviewFilter
from reviews.api.who import CHANNEL, decider, find
from reviews.models import ReviewRequest
from reviews.selectors import describing, inbox, requests
from reviews.services.afterwards import answer_information, undo_decision
from reviews.services.assignment import assign_review, reassign_review
from reviews.services.claims import claim_review, decline_review, release_review, renew_claim, snooze_review
from reviews.services.decisions import UNSET, decide
from reviews.services.next_review import claim_next
from reviews.services.requests import open_review
from reviews.store import find_review
from reviews.views.who import DECIDE, ROUTE, VIEW, who_looks

CONFLICT = {
    409: OpenApiResponse(description="Somebody else has it, decided or closed it: who, what and when."),
    **parameters.MAKES_NO_SENSE,
}
DETAIL = {200: serializers.ReviewDetail, **CONFLICT}


class ReviewViewSet(ListModelMixin, GenericViewSet[ReviewRequest]):
    """Reviews, newest first."""

    queryset = ReviewRequest.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {
        **dict.fromkeys(("list", "retrieve", "answer"), VIEW),
        **dict.fromkeys(("peek", "take_next", "claim", "release", "heartbeat", "decline", "snooze"), DECIDE),
        **dict.fromkeys(("decide", "escalate", "undo"), DECIDE),
        "reassign": ROUTE,
        "create": "reviews.add_reviewrequest",
    }
    serializer_class = serializers.ReviewSummary
    filterset_class = ReviewFilter
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[ReviewRequest]:
        who = who_looks(self.request)
        return requests.list_reviews(who.reviewer, sees_all=who.sees_all)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Reviews that you may see, newest first, without their values."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = serializers.ReviewSummary([describing.summary(row) for row in page], many=True)
        return self.get_paginated_response(shown.data)

    @extend_schema(
        request=serializers.CreateRequest,
        responses={
            201: serializers.ReviewDetail,
            200: OpenApiResponse(serializers.ReviewDetail, "It was asked before: the same subject."),
            404: OpenApiResponse(description="There is no such policy."),
            **parameters.MAKES_NO_SENSE,
        },
    )
    def create(self, request: Request) -> Response:
        """Ask a person. The same subject again gives the review that there is."""
        body = serializers.CreateRequest(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        seconds, asked = given.pop("due_in_seconds", None), given.pop("subject", None)
        review = open_review(
            subject=_subject(asked),
            input_data=given.pop("input", None),
            due_in=timedelta(seconds=seconds) if seconds else None,
            created_by=request.user.get_username(),
            channel=CHANNEL,
            **given,
        )
        address = reverse("review-api-detail", kwargs={"review_id": review.pk}, request=request)
        return Response(_detail(review), status=200 if is_repeated(review) else 201, headers={"Location": address})

    @extend_schema(parameters=[parameters.REVIEW_ID], responses=serializers.ReviewDetail)
    def retrieve(self, request: Request, review_id: str) -> Response:
        """A review with everything that its reviewer is shown, its decisions and questions."""
        return Response(_detail(find(request, review_id)))

    @extend_schema(
        responses=serializers.Next,
        filters=False,
    )
    def peek(self, request: Request) -> Response:
        """What you would be given next. Claims nothing."""
        who = decider(request)
        found = inbox.next_item(who.reviewer) if who.reviewer else None
        return Response(serializers.Next({"review": describing.summary(found) if found else None}).data)

    @extend_schema(
        request=None,
        responses={
            200: serializers.Claim,
            204: OpenApiResponse(description="Nothing waits for you."),
            409: OpenApiResponse(description="You have as many reviews as you can take."),
            422: OpenApiResponse(description="Your login has no reviewer profile."),
        },
    )
    def take_next(self, request: Request) -> Response:
        """Claim the most pressing review that you have or may take."""
        found = claim_next(by=decider(request).actor, channel=CHANNEL)
        return Response(_claim(found)) if found else Response(status=204)

    @extend_schema(parameters=[parameters.REVIEW_ID], request=None, responses={200: serializers.Claim, **CONFLICT})
    def claim(self, request: Request, review_id: str) -> Response:
        """Start working on it. Claiming again renews the claim."""
        review = find(request, review_id)
        return Response(_claim(claim_review(review_id=review.pk, by=decider(request).actor, channel=CHANNEL)))

    @extend_schema(
        parameters=[parameters.REVIEW_ID],
        request=serializers.TokenRequest,
        responses={200: serializers.Lease, **CONFLICT},
    )
    def heartbeat(self, request: Request, review_id: str) -> Response:
        """A sign of life: the claim lives on."""
        token = _body(serializers.TokenRequest, request)["token"]
        review = find(request, review_id)
        expires_at = renew_claim(review_id=review.pk, by=decider(request).actor, token=token, channel=CHANNEL)
        return Response(serializers.Lease({"lease_expires_at": expires_at}).data)

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.ReasonRequest, responses=DETAIL)
    def release(self, request: Request, review_id: str) -> Response:
        """Give it back to the queue. A review that nobody has stays as it is."""
        reason = _body(serializers.ReasonRequest, request).get("reason", "")
        review, who = find(request, review_id), decider(request)
        if review.assignee_id is not None or not review.is_open:
            release_review(review_id=review.pk, by=who.actor, reason=reason, channel=CHANNEL)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.ReasonRequest, responses=DETAIL)
    def decline(self, request: Request, review_id: str) -> Response:
        """Say no to it, with a reason: it goes back to the queue and does not come again."""
        reason = _body(serializers.ReasonRequest, request).get("reason", "")
        review = find(request, review_id)
        decline_review(review_id=review.pk, by=decider(request).actor, reason=reason, channel=CHANNEL)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.SnoozeRequest, responses=DETAIL)
    def snooze(self, request: Request, review_id: str) -> Response:
        """Put it off until a time in the future; its due time does not move."""
        until = _body(serializers.SnoozeRequest, request)["until"]
        review = find(request, review_id)
        snooze_review(review_id=review.pk, by=decider(request).actor, until=until, channel=CHANNEL)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.DecideRequest, responses=DETAIL)
    def decide(self, request: Request, review_id: str) -> Response:
        """Approve, approve with edits, reject, escalate or ask. The same decision repeated gives the first one."""
        given = _body(serializers.DecideRequest, request)
        review = find(request, review_id)
        decide(
            review_id=review.pk,
            by=decider(request).actor,
            output=given.pop("output", UNSET),
            channel=CHANNEL,
            **given,
        )
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.EscalateRequest, responses=DETAIL)
    def escalate(self, request: Request, review_id: str) -> Response:
        """Hand it up to a lead."""
        given = _body(serializers.EscalateRequest, request)
        review, by = find(request, review_id), decider(request).actor
        token = given.get("token", review.token)
        decide(review_id=review.pk, decision="escalate", by=by, token=token, comment=given["reason"], channel=CHANNEL)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.ReassignRequest, responses=DETAIL)
    def reassign(self, request: Request, review_id: str) -> Response:
        """Give it to somebody, whoever has it; or, without a name, to whom it suits best."""
        given = _body(serializers.ReassignRequest, request)
        review, to = find(request, review_id), given.pop("to", None)
        if to is None:
            assign_review(review_id=review.pk, channel=CHANNEL)
        elif review.assignee_id != to:
            reassign_review(review_id=review.pk, to=to, by=who_looks(request).as_operator, channel=CHANNEL, **given)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=serializers.AnswerRequest, responses=DETAIL)
    def answer(self, request: Request, review_id: str) -> Response:
        """Answer the reviewer's question; the review goes on."""
        text = _body(serializers.AnswerRequest, request)["answer"]
        review = find(request, review_id)
        answer_information(review_id=review.pk, answer=text, by=who_looks(request).actor, channel=CHANNEL)
        return Response(_detail(review))

    @extend_schema(parameters=[parameters.REVIEW_ID], request=None, responses=DETAIL)
    def undo(self, request: Request, review_id: str) -> Response:
        """Take a decision back that has not taken effect yet."""
        review = find(request, review_id)
        undo_decision(review_id=review.pk, by=decider(request).actor, channel=CHANNEL)
        return Response(_detail(review))


def _body(kind: Any, request: Request) -> dict[str, Any]:
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _subject(asked: Any) -> Any:
    if asked is None:
        return None
    nested = serializers.SubjectRequest(data=asked)
    nested.is_valid(raise_exception=True)
    return nested.as_subject()


def _detail(review: ReviewRequest) -> Any:
    """As it stands now: the services' verbs return the row as they left it, without the values."""
    return serializers.ReviewDetail(describing.describe(find_review(review.pk))).data


def _claim(review: ReviewRequest) -> Any:
    fresh = find_review(review.pk)
    shown = {"token": fresh.token, "lease_expires_at": fresh.lease_expires_at, "review": describing.describe(fresh)}
    return serializers.Claim(shown).data
