"""People who review: what they can do, when they work, and when they are away."""

from collections.abc import Iterable

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from reviews.checks import listed
from reviews.models.fields import choices
from reviews.skills import DEFAULT_LEVEL, MAX_LEVEL, Skill, parse_skill
from reviews.states import Availability
from reviews.working_hours import WorkingHours


class ReviewerProfile(models.Model):
    """A reviewer. Workload is never stored: it is the sum of their open assignments.

    `ReviewerProfile(id=…, name=…, email=…, specializations=["legal", "tax:4"], max_concurrent_reviews=5)`, unsaved, is
    what `register_reviewer` takes.
    """

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=150)
    email = models.EmailField(blank=True)
    max_concurrent_reviews = models.PositiveIntegerField(default=5)
    languages = models.JSONField(default=list, blank=True, help_text='what they can read, such as ["de", "fr"]; [] any')
    clearance = models.PositiveSmallIntegerField(default=0, help_text="may see reviews up to this sensitivity")
    availability = models.CharField(max_length=10, choices=choices(Availability), default=Availability.AVAILABLE)
    away_until = models.DateTimeField(null=True, blank=True, help_text="with `away`: when they are back; empty: open")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Berlin")
    working_hours = models.JSONField(
        default=dict, blank=True, help_text='{"mon": ["09:00-12:30", "13:00-17:00"], …}; {} is always'
    )
    is_lead = models.BooleanField(default=False, help_text="gets what is escalated, may decide for others")
    is_scripted = models.BooleanField(default=False, help_text="a program that decides by rules, for demos and tests")
    is_active = models.BooleanField(default=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="reviewer"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(id=""), name="reviewer_has_an_id"),
            models.CheckConstraint(condition=~Q(name=""), name="reviewer_has_a_name"),
            models.CheckConstraint(condition=Q(max_concurrent_reviews__gte=1), name="reviewer_can_take_one"),
            models.CheckConstraint(condition=Q(away_until=None) | Q(availability="away"), name="reviewer_away_until"),
            models.CheckConstraint(condition=Q(availability__in=list(Availability)), name="reviewer_availability"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (scripted)" if self.is_scripted else self.name

    @property
    def specializations(self) -> list[str]:
        """Names in order, as `register_reviewer` was given them. Settable while unsaved; `tax:4` sets the level."""
        return [skill.name for skill in self.skill_list]

    @specializations.setter
    def specializations(self, given: Iterable[str]) -> None:
        self._given_skills = tuple(parse_skill(one) for one in listed(given, "specializations"))

    @property
    def skill_list(self) -> tuple[Skill, ...]:
        """What was set on this object, else the rows (prefetch `skills` for lists)."""
        given: tuple[Skill, ...] | None = getattr(self, "_given_skills", None)
        if given is not None:
            return given
        return tuple(Skill(row.name, row.level) for row in self.skills.all()) if not self._state.adding else ()

    @property
    def hours(self) -> WorkingHours:
        return WorkingHours.parse(self.working_hours, self.time_zone)


class ReviewerSpecialization(models.Model):
    """One thing a reviewer is good at."""

    reviewer = models.ForeignKey(ReviewerProfile, on_delete=models.CASCADE, related_name="skills", db_index=False)
    name = models.CharField(max_length=64)
    level = models.PositiveSmallIntegerField(
        default=DEFAULT_LEVEL, validators=[MinValueValidator(1), MaxValueValidator(MAX_LEVEL)]
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["reviewer", "name"], name="one_level_per_specialization"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=MAX_LEVEL), name="specialization_level"),
            models.CheckConstraint(condition=~Q(name=""), name="specialization_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}:{self.level}"


class Absence(models.Model):
    """A reviewer is out of office; what they have not started is moved when it begins."""

    reviewer = models.ForeignKey(ReviewerProfile, on_delete=models.CASCADE, related_name="absences", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    substitute = models.ForeignKey(
        ReviewerProfile, null=True, blank=True, on_delete=models.SET_NULL, related_name="substitutions", db_index=False
    )
    reason = models.CharField(max_length=200, blank=True)
    handed_over_at = models.DateTimeField(null=True, editable=False, help_text="when their reviews were moved")

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(substitute=None) | ~Q(substitute=F("reviewer")), name="absence_substitute_is_another"
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer", "ends_at"], name="absence_of_reviewer"),  # who is away now
            # Absences that begin (services.absences.hand_over_absent).
            models.Index(fields=["starts_at"], name="absence_to_hand_over", condition=Q(handed_over_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.starts_at:%Y-%m-%d}–{self.ends_at:%Y-%m-%d}"
