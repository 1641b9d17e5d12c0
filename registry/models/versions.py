"""Models and their versions."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from registry.states import VersionKind, VersionState

STATES = [(state.value, state.value) for state in VersionState]
KINDS = [(kind.value, kind.value) for kind in VersionKind]
DIGEST_LENGTH = 64


class RegisteredModel(models.Model):
    """A model under the name its users call it by."""

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    metric_directions = models.JSONField(default=dict, help_text="metric → higher or lower, whichever is better")
    last_number = models.PositiveIntegerField(default=0, help_text="of its versions; a number is never used again")
    created_by = models.CharField(max_length=150, blank=True, help_text="the login's name; kept when the login goes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="model_has_a_name")]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One version of a model: files kept here, or a model that a provider hosts. Frozen once ready."""

    model = models.ForeignKey(RegisteredModel, on_delete=models.PROTECT, related_name="versions", db_index=False)
    label = models.CharField(max_length=100, help_text="what people call it, such as v2.1.0")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … in the order of registration")
    kind = models.CharField(max_length=10, choices=KINDS)
    state = models.CharField(max_length=20, choices=STATES)
    state_reason = models.TextField(blank=True, help_text="why it is in this state")
    state_before_quarantine = models.CharField(max_length=20, choices=STATES, blank=True)
    is_default = models.BooleanField(default=False)

    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 over what the version is made of, in hex")
    size = models.PositiveBigIntegerField(default=0, help_text="bytes of all files")
    file_count = models.PositiveIntegerField(default=0)
    format = models.CharField(max_length=20, blank=True, help_text="onnx, safetensors, pickle …, by the files' names")

    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, help_text="names, sorted")
    metadata = models.JSONField(default=dict, help_text="encoded by common.json_boundary")
    metrics = models.JSONField(default=dict, help_text="name → number")
    parameters = models.JSONField(default=dict, help_text="what it was trained with; encoded by common.json_boundary")
    input_schema = models.JSONField(null=True, help_text="JSON Schema (draft 2020-12) of what it takes")
    output_schema = models.JSONField(null=True, help_text="JSON Schema (draft 2020-12) of what it returns")

    provider = models.CharField(max_length=50, blank=True, help_text="hosted: who answers, such as openai")
    provider_model = models.CharField(max_length=200, blank=True, help_text="hosted: the provider's name for it")
    default_parameters = models.JSONField(default=dict, help_text="hosted: used where a task gives none")

    created_by = models.CharField(max_length=150, blank=True, help_text="the login's name; kept when the login goes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["model", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "label"], name="one_version_per_label"),
            models.UniqueConstraint(fields=["model", "number"], name="one_model_version_per_number"),
            models.UniqueConstraint(fields=["model"], condition=Q(is_default=True), name="one_default_per_model"),
            models.CheckConstraint(condition=Q(number__gte=1) & ~Q(label=""), name="version_has_label_and_number"),
            models.CheckConstraint(condition=Q(kind__in=list(VersionKind)), name="version_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=list(VersionState)), name="version_state_is_known"),
            models.CheckConstraint(
                condition=Q(is_default=False) | ~Q(state__in=[VersionState.PENDING, VersionState.ARCHIVED]),
                name="default_version_is_in_use",
            ),
            models.CheckConstraint(
                condition=Q(state=VersionState.PENDING, ready_at=None, digest="", kind=VersionKind.FILES)
                | Q(Exact(Length("digest"), DIGEST_LENGTH), ~Q(state=VersionState.PENDING), ready_at__isnull=False),
                name="only_pending_versions_lack_a_digest",
            ),
            models.CheckConstraint(
                condition=Q(kind=VersionKind.FILES, provider="", provider_model="")
                | (Q(kind=VersionKind.HOSTED, size=0, file_count=0) & ~Q(provider="") & ~Q(provider_model="")),
                name="version_has_files_or_a_provider",
            ),
            models.CheckConstraint(
                condition=Q(kind=VersionKind.HOSTED) | Q(state=VersionState.PENDING) | Q(file_count__gte=1),
                name="version_of_files_has_files",
            ),
            models.CheckConstraint(
                condition=(Q(state=VersionState.QUARANTINED) & ~Q(state_before_quarantine=""))
                | (~Q(state=VersionState.QUARANTINED) & Q(state_before_quarantine="")),
                name="quarantine_remembers_the_state_before",
            ),
        ]
        indexes = [
            # Garbage collection: which folders of linked files still belong to a version.
            models.Index(fields=["digest"], name="version_digest", condition=~Q(digest="")),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_usable(self) -> bool:
        return VersionState(self.state).is_usable


class HostedPrice(models.Model):
    """What a hosted version costs from a moment on; never changed, a new price is a new row."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="prices", db_index=False)
    starts_at = models.DateTimeField()
    input_microusd = models.PositiveBigIntegerField(help_text="millionths of a dollar for a million tokens read")
    cached_input_microusd = models.PositiveBigIntegerField(
        null=True, help_text="for a million tokens read from the provider's cache; empty: as input"
    )
    output_microusd = models.PositiveBigIntegerField(help_text="millionths of a dollar for a million tokens written")
    created_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["version", "-starts_at"]
        constraints = [models.UniqueConstraint(fields=["version", "starts_at"], name="one_price_at_a_time")]

    def __str__(self) -> str:
        return f"{self.version_id} from {self.starts_at:%Y-%m-%d}"
