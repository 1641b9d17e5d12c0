"""What people (and policies) said to a review, what they are still writing, and what they asked."""

from django.db import models
from django.db.models import F, Q

from common.ordered_json import OrderedJSONField
from reviews.models.fields import choices
from reviews.models.requests import ReviewRequest
from reviews.models.reviewers import ReviewerProfile
from reviews.states import FINAL, Verdict


class ReviewDecision(models.Model):
    """One thing said to a review; at most one of them ends it. Never changed, except that it was undone."""

    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=choices(Verdict))
    output = OrderedJSONField(null=True, help_text="what the task returns, encoded by common.json_boundary")
    comment = models.TextField(blank=True)
    reason_code = models.CharField(max_length=50, blank=True)
    reviewer = models.ForeignKey(
        ReviewerProfile, null=True, on_delete=models.PROTECT, related_name="decisions", db_index=False
    )
    actor = models.CharField(max_length=200, help_text="reviewer:ana, user:bob, policy:contracts@3 …")
    label = models.CharField(max_length=200, help_text="who decided, for people")
    channel = models.CharField(max_length=20, help_text="page, api, python, command, policy, script")
    token = models.PositiveIntegerField(null=True, help_text="the claim it was made under")
    shown_digest = models.CharField(max_length=64, help_text="of what was shown, see ReviewRequest")
    decided_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["decided_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review"], name="one_outcome_per_review", condition=Q(verdict__in=FINAL, undone_at=None)
            ),
            models.CheckConstraint(condition=Q(verdict__in=list(Verdict)), name="decision_verdict_is_known"),
            models.CheckConstraint(
                condition=Q(effective_at__gte=F("decided_at")), name="decision_takes_effect_after_it_was_made"
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "-decided_at"], name="decision_of_reviewer")]  # tab "done"

    def __str__(self) -> str:
        return f"{self.label} {Verdict(self.verdict).past}"


class Draft(models.Model):
    """What somebody has written so far, kept whatever becomes of the claim; `version` tells two windows apart."""

    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    author = models.CharField(max_length=200, help_text="the actor, such as reviewer:ana")
    output = OrderedJSONField(null=True)
    comment = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [models.UniqueConstraint(fields=["review", "author"], name="one_draft_per_author")]

    def __str__(self) -> str:
        return f"{self.author} on {self.review_id}"


class InformationRequest(models.Model):
    """A reviewer's question back to those who asked, and its answer. The clocks rest meanwhile."""

    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="questions", db_index=False)
    question = models.TextField()
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review"], name="one_open_question_per_review", condition=Q(answered_at=None)
            ),
            models.CheckConstraint(condition=~Q(question=""), name="question_has_words"),
        ]
        indexes = [models.Index(fields=["review"], name="question_of_review")]

    def __str__(self) -> str:
        return f"{self.asked_by}: {self.question[:50]}"
