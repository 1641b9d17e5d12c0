"""Addresses under `/api/v1/`. Without a slash at the end."""

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…>
from reviews.api.drafts import DraftViewSet
from reviews.api.history import HistoryViewSet
from reviews.api.people import AbsenceViewSet, ReviewerViewSet
from reviews.api.policies import PolicyViewSet
from reviews.api.requests import ReviewViewSet

REVIEW = "reviews/<text:review_id>"
REVIEWER = "reviewers/<text:reviewer_id>"
POLICY = "review-policies/<text:policy_id>"
VERBS = (*("claim", "heartbeat", "release", "decline", "snooze", "decide", "escalate", "reassign", "answer", "undo"),)

urlpatterns = [
    path("reviews", ReviewViewSet.as_view({"get": "list", "post": "create"}), name="review-api-list"),
    path("reviews/next", ReviewViewSet.as_view({"get": "peek", "post": "take_next"}), name="review-api-next"),
    path(REVIEW, ReviewViewSet.as_view({"get": "retrieve"}), name="review-api-detail"),
    path(f"{REVIEW}/history", HistoryViewSet.as_view({"get": "history"}), name="review-api-history"),
    path(f"{REVIEW}/why", HistoryViewSet.as_view({"get": "why"}), name="review-api-why"),
    path(
        f"{REVIEW}/draft",
        DraftViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="review-api-draft",
    ),
    *(path(f"{REVIEW}/{verb}", ReviewViewSet.as_view({"post": verb}), name=f"review-api-{verb}") for verb in VERBS),
    path("reviewers", ReviewerViewSet.as_view({"get": "list", "post": "create"}), name="reviewer-api-list"),
    path(
        REVIEWER,
        ReviewerViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="reviewer-api-detail",
    ),
    path(
        f"{REVIEWER}/absences",
        AbsenceViewSet.as_view({"get": "list", "post": "create"}),
        name="reviewer-api-absences",
    ),
    path(
        f"{REVIEWER}/absences/<int:absence_id>",
        AbsenceViewSet.as_view({"delete": "destroy"}),
        name="reviewer-api-absence",
    ),
    path("review-policies", PolicyViewSet.as_view({"get": "list"}), name="review-policy-api-list"),
    path("review-policies/preview", PolicyViewSet.as_view({"post": "preview"}), name="review-policy-api-preview"),
    path(POLICY, PolicyViewSet.as_view({"get": "retrieve", "put": "update"}), name="review-policy-api-detail"),
    path(f"{POLICY}/preview", PolicyViewSet.as_view({"get": "timeline"}), name="review-policy-api-timeline"),
]
