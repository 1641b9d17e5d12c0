"""Requests for a human decision, whose they are, and who may not have them."""

from django.db import models
from django.db.models import F, Q

from common.ordered_json import OrderedJSONField
from reviews.models.fields import choices, new_id
from reviews.models.policies import EscalationPolicyVersion
from reviews.models.reviewers import ReviewerProfile
from reviews.skills import Requirements, Wanted, parse_wanted
from reviews.states import DECIDED, ENDED, HELD, OPEN, AssignedBy, AssignmentEnd, Priority, ReviewStatus, Risk

LARGE = ("input", "proposed_output", "output_schema", "source", "instructions")
"""Columns that lists do not read."""


class ReviewRequest(models.Model):
    """A question to a person. What it is about is named, never known: subject kind, id, label and address.

    Input, proposed output, schema and instructions never change after it was opened: what was shown stays known.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject_kind = models.CharField(max_length=50, blank=True, help_text="such as task_run; or empty")
    subject_id = models.CharField(max_length=100, blank=True)
    subject_label = models.CharField(max_length=200, blank=True, help_text="for people: pipeline and title")
    subject_url = models.CharField(max_length=500, blank=True, help_text="path of its page")
    task_name = models.CharField(max_length=100)
    task_type = models.CharField(max_length=100)
    group = models.CharField(max_length=100, blank=True, help_text="customer or document: goes to who knows it already")

    input = OrderedJSONField(null=True, help_text="encoded by common.json_boundary, as all values here")
    proposed_output = OrderedJSONField(null=True)
    output_schema = OrderedJSONField(null=True, help_text="JSON Schema, draft 2020-12")
    source = OrderedJSONField(null=True, help_text="the document beside the form, with located evidence")
    instructions = models.TextField(blank=True)
    shown_digest = models.CharField(max_length=64, help_text="SHA-256 of all that the reviewer is shown")
    reasons = models.JSONField(default=list, help_text="[{code, message, value, threshold}]: why a person is asked")
    reason_codes = models.CharField(max_length=300, blank=True, help_text="|code|code|, for filters")
    confidence = models.FloatField(null=True)
    may_edit = models.BooleanField(default=True)

    priority = models.CharField(max_length=10, choices=choices(Priority), default=Priority.NORMAL)
    risk = models.CharField(max_length=10, choices=choices(Risk), default=Risk.NORMAL)
    required = models.JSONField(default=list, help_text='specializations as written: ["legal:4", "tax?"]')
    is_widened = models.BooleanField(default=False, help_text="a step dropped what was only preferred")
    language = models.CharField(max_length=20, blank=True)
    sensitivity = models.PositiveSmallIntegerField(default=0)
    needs_lead = models.BooleanField(default=False)
    requirements_key = models.CharField(max_length=500, help_text="the same for all reviews that ask for the same")
    weight = models.PositiveSmallIntegerField(default=1, help_text="how much of a reviewer's capacity it takes")
    estimated_minutes = models.PositiveIntegerField(default=5)

    status = models.CharField(max_length=20, choices=choices(ReviewStatus), default=ReviewStatus.PENDING)
    version = models.PositiveIntegerField(default=1, help_text="+1 at every change")
    is_escalated = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        ReviewerProfile, null=True, on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    token = models.PositiveIntegerField(default=0, help_text="+1 at every claim; an older one has lost it")
    lease_expires_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)

    policy = models.ForeignKey(EscalationPolicyVersion, null=True, on_delete=models.PROTECT, db_index=False)
    next_step = models.PositiveSmallIntegerField(default=0, help_text="position of the policy's step that comes next")
    next_step_at = models.DateTimeField(null=True)
    clock_paused_at = models.DateTimeField(null=True, help_text="while it waits for information")
    clock_started_at = models.DateTimeField(help_text="what delays count from: the opening, moved on by pauses")
    due_at = models.DateTimeField()
    rank_at = models.DateTimeField(help_text="place in the queue, see assignment.ranking")
    undo_seconds = models.PositiveIntegerField(default=0, help_text="a decision takes effect this much later")

    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True, help_text="when the decision took effect and was told")
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["rank_at", "id"]
        permissions = [
            ("decide_reviewrequest", "Can decide reviews"),
            ("route_reviewrequest", "Can assign, reassign and escalate reviews"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"], name="one_review_per_subject", condition=~Q(subject_id="")
            ),
            models.CheckConstraint(condition=Q(status__in=list(ReviewStatus)), name="review_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, closed_at=None) | Q(status__in=ENDED, closed_at__isnull=False),
                name="review_is_closed_when_it_ended",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=HELD) | Q(assignee__isnull=False), name="review_held_has_an_assignee"
            ),
            models.CheckConstraint(condition=~Q(status="pending") | Q(assignee=None), name="review_pending_is_free"),
            models.CheckConstraint(
                condition=Q(status="in_review", lease_expires_at__isnull=False)
                | (~Q(status="in_review") & Q(lease_expires_at=None)),
                name="review_in_review_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_until__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_until=None)),
                name="review_snoozed_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting_info", clock_paused_at__isnull=False)
                | (~Q(status="waiting_info") & Q(clock_paused_at=None)),
                name="review_clock_rests_while_it_waits",
            ),
            models.CheckConstraint(
                condition=Q(status__in=DECIDED, decided_at__isnull=False, effective_at__gte=F("decided_at"))
                | (~Q(status__in=DECIDED) & Q(decided_at=None, effective_at=None, announced_at=None)),
                name="review_decided_has_its_times",
            ),
            models.CheckConstraint(condition=Q(priority__in=list(Priority)), name="review_priority_is_known"),
            models.CheckConstraint(condition=Q(risk__in=list(Risk)), name="review_risk_is_known"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="review_weighs_something"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1),
                name="review_confidence_is_share",
            ),
        ]
        indexes = [
            # The queue: next_item, unclaimed, escalated, all.
            models.Index(fields=["rank_at", "id"], name="review_queue", condition=Q(closed_at=None)),
            # Which requirements there are among the unclaimed, and how many of each.
            models.Index(fields=["requirements_key"], name="review_unclaimed_kinds", condition=Q(status="pending")),
            # Mine, and the cascade of a reviewer.
            models.Index(fields=["assignee", "rank_at"], name="review_of_assignee", condition=Q(closed_at=None)),
            # The inbox's choice of reasons: which there are among the open.
            models.Index(
                fields=["reason_codes"], name="review_open_reasons", condition=Q(closed_at=None) & ~Q(reason_codes="")
            ),
            # The tab of what is escalated, and its count.
            models.Index(
                fields=["rank_at", "id"], name="review_escalated", condition=Q(closed_at=None, is_escalated=True)
            ),
            # Duties of escalation.running.
            models.Index(fields=["next_step_at"], name="review_step_due", condition=Q(next_step_at__isnull=False)),
            models.Index(fields=["lease_expires_at"], name="review_leased", condition=Q(status="in_review")),
            models.Index(fields=["snoozed_until"], name="review_snoozed", condition=Q(status="snoozed")),
            models.Index(
                fields=["effective_at"],
                name="review_to_announce",
                condition=Q(announced_at=None, effective_at__isnull=False),
            ),
            # Continuity: who decided about this group before.
            models.Index(fields=["group"], name="review_group", condition=~Q(group="")),
            # The newest that ended (lists of all and done).
            models.Index(fields=["-closed_at"], name="review_ended", condition=Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.task_name} {self.id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def requirements(self) -> Requirements:
        return Requirements.from_key(self.requirements_key)

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The specializations as they were asked for, before any widening."""
        return tuple(parse_wanted(text) for text in self.required)


class ReviewAssignment(models.Model):
    """A review was somebody's, from when to when, and why them."""

    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="assignments")
    reviewer = models.ForeignKey(ReviewerProfile, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    weight = models.PositiveSmallIntegerField(help_text="copied from the review: workload is a sum over this table")
    by = models.CharField(max_length=10, choices=choices(AssignedBy))
    assigned_by = models.CharField(max_length=200, help_text="the actor, such as reviewer:ana or routing")
    explanation = OrderedJSONField(null=True, help_text="assignment.explanation.Explanation")
    note = models.CharField(max_length=300, blank=True, help_text="why over capacity, why declined …")
    assigned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, choices=choices(AssignmentEnd), blank=True)

    class Meta:
        ordering = ["assigned_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review"], name="one_open_assignment_per_review", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="assignment_says_its_end",
            ),
        ]
        indexes = [
            # Workload, at every assignment.
            models.Index(fields=["reviewer"], name="assignment_open", condition=Q(ended_at=None)),
            # Fairness: what each received lately; team load.
            models.Index(fields=["assigned_at"], name="assignment_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id}: {self.reviewer_id}"


class ReviewExclusion(models.Model):
    """Somebody may not have this review: four-eyes, a conflict, or they declined it."""

    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="exclusions", db_index=False)
    person = models.CharField(max_length=150, help_text="a reviewer's id or a login's name")
    reason = models.CharField(
        max_length=20, choices=[(word, word) for word in ("requester", "author", "conflict", "declined")]
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "person", "reason"], name="one_exclusion_per_reason"),
            models.CheckConstraint(condition=~Q(person=""), name="exclusion_names_somebody"),
        ]
        indexes = [models.Index(fields=["person"], name="exclusion_of_person")]  # the count of what I may take

    def __str__(self) -> str:
        return f"{self.person} not for {self.review_id}: {self.reason}"
