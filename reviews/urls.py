"""Addresses of the pages of reviews."""

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…>
from reviews.views import bulk, deciding, inbox, notifications, policies, review, reviewer, team, verbs

REVIEW = "reviews/<uuid:review_id>"
REVIEWER = "reviews/people/<text:reviewer_id>"
POLICY = "reviews/policies/<slug:policy_id>"

urlpatterns = [
    path("reviews/", inbox.show_inbox, name="reviews"),
    path("reviews/next/", verbs.start, name="reviews-next"),
    path("reviews/selected/", bulk.assign_selected, name="reviews-selected"),
    path("reviews/notifications/", notifications.show_notifications, name="review-notifications"),
    path("reviews/people/", team.show_team, name="reviewers"),
    path("reviews/people/assign/", team.assign_waiting, name="reviewers-assign"),
    path("reviews/people/new/", reviewer.create, name="reviewer-new"),
    path(f"{REVIEWER}/", reviewer.show, name="reviewer"),
    path(f"{REVIEWER}/edit/", reviewer.edit, name="reviewer-edit"),
    path(f"{REVIEWER}/availability/", reviewer.set_availability, name="reviewer-availability"),
    path(f"{REVIEWER}/absences/", reviewer.enter_absence, name="reviewer-absences"),
    path(f"{REVIEWER}/absences/<int:absence_id>/", reviewer.take_absence_back, name="reviewer-absence"),
    path("reviews/policies/", policies.show_policies, name="review-policies"),
    path("reviews/policies/new/", policies.write, name="review-policy-new"),
    path(f"{POLICY}/", policies.show_policy, name="review-policy"),
    path(f"{POLICY}/edit/", policies.write, name="review-policy-edit"),
    path(f"{REVIEW}/", review.show_review, name="review"),
    path(f"{REVIEW}/send/", deciding.send, name="review-send"),
    path(f"{REVIEW}/draft/", deciding.draft, name="review-draft"),
    path(f"{REVIEW}/heartbeat/", deciding.heartbeat, name="review-heartbeat"),
    path(f"{REVIEW}/claim/", verbs.claim, name="review-claim"),
    path(f"{REVIEW}/release/", verbs.release, name="review-release"),
    path(f"{REVIEW}/decline/", verbs.decline, name="review-decline"),
    path(f"{REVIEW}/snooze/", verbs.snooze, name="review-snooze"),
    path(f"{REVIEW}/reassign/", verbs.reassign, name="review-reassign"),
    path(f"{REVIEW}/route/", verbs.route, name="review-route"),
    path(f"{REVIEW}/undo/", verbs.undo, name="review-undo"),
    path(f"{REVIEW}/answer/", verbs.answer, name="review-answer"),
]
