"""Escalation policies: what happens when nobody acts. A version never changes; a review keeps the one it began with."""

from django.db import models
from django.db.models import Q

from reviews.models.fields import choices
from reviews.states import FOR_POLICIES, StepAction, StepCondition
from reviews.working_hours import WorkingHours


class EscalationPolicy(models.Model):
    """A name for the versions; new reviews get the newest."""

    id = models.SlugField(primary_key=True, max_length=64)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "escalation policies"
        constraints = [models.CheckConstraint(condition=~Q(id=""), name="policy_has_an_id")]

    def __str__(self) -> str:
        return self.name


class EscalationPolicyVersion(models.Model):
    """Ordered steps and the calendar their delays are counted in."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, help_text="of its content: saving the same again makes no new version")
    due_seconds = models.PositiveIntegerField(null=True, help_text="time to decide; empty: HITL_DEFAULT_TIMEOUT_HOURS")
    time_zone = models.CharField(max_length=64, default="UTC")
    business_hours = models.JSONField(default=dict, blank=True, help_text="as of a reviewer; {} is around the clock")
    holidays = models.JSONField(default=list, blank=True, help_text='["2026-12-25", …]')
    may_approve = models.BooleanField(default=False, help_text="a `decide` step may approve (never what is high risk)")
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_policy_version_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="policy_versions_count_from_one"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"policy:{self.policy_id}@{self.number}"

    @property
    def calendar(self) -> WorkingHours:
        return WorkingHours.parse(self.business_hours, self.time_zone, self.holidays)


class EscalationStep(models.Model):
    """One step. Its delay counts from the opening: seconds, or a share of the time until the review is due."""

    version = models.ForeignKey(EscalationPolicyVersion, on_delete=models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    after_seconds = models.PositiveIntegerField(null=True)
    after_share = models.FloatField(null=True, help_text="1 is when it is due")
    condition = models.CharField(max_length=20, choices=choices(StepCondition), default=StepCondition.ALWAYS)
    action = models.CharField(max_length=20, choices=choices(StepAction))
    decision = models.CharField(max_length=20, blank=True, help_text="of `decide`: approve, reject or expire")
    notify = models.JSONField(default=list, help_text="assignee, leads, webhooks, or e-mail addresses")

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_step_per_position"),
            models.CheckConstraint(
                condition=Q(after_seconds__isnull=False, after_share=None)
                | Q(after_seconds=None, after_share__gte=0, after_share__lte=10),
                name="step_has_one_delay",
            ),
            models.CheckConstraint(
                condition=Q(action="decide", decision__in=FOR_POLICIES) | (~Q(action="decide") & Q(decision="")),
                name="step_decides_something_known",
            ),
            models.CheckConstraint(condition=Q(action__in=list(StepAction)), name="step_action_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.position}: {self.action}"
