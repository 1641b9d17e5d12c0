"""Files: what the store holds, which version calls it what, and what checking them found."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from registry.models.versions import DIGEST_LENGTH, ModelVersion
from registry.states import Trigger


class StoredFile(models.Model):
    """The content of one file, kept once however many versions have it; its SHA-256 names it."""

    digest = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveBigIntegerField(help_text="bytes")
    stored_at = models.DateTimeField()
    # Refreshed when a registration comes to rely on it, so that garbage collection leaves it alone.
    touched_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, help_text="when its bytes were last read and found right")
    damaged_at = models.DateTimeField(null=True, help_text="when they were found wrong, until they are right again")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Exact(Length("digest"), DIGEST_LENGTH), name="stored_file_has_a_digest"),
        ]
        indexes = [
            models.Index(fields=["verified_at", "digest"], name="stored_file_verified"),  # scrub: longest unread first
            models.Index(fields=["touched_at"], name="stored_file_touched"),  # garbage collection: oldest first
            models.Index(fields=["size"], name="stored_file_size"),  # registration: may this file be there already?
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]} ({self.size} bytes)"


class VersionFile(models.Model):
    """A file of a version: its path inside it, and the content."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="files", db_index=False)
    path = models.CharField(max_length=500, help_text="relative, with /")
    # Its index finds the versions that a damaged file belongs to, and what garbage collection may not take.
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="version_files")

    class Meta:
        ordering = ["version", "path"]
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="one_file_per_path"),
            models.CheckConstraint(
                condition=~Q(path="")
                & ~Q(path__startswith="/")
                & ~Q(path__startswith="../")
                & ~Q(path__contains="/../"),
                name="version_file_stays_in_its_folder",
            ),
        ]

    def __str__(self) -> str:
        return self.path


class VerificationRecord(models.Model):
    """One check of a version's files; never changed."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="verifications", db_index=False)
    trigger = models.CharField(max_length=20, choices=[(word.value, word.value) for word in Trigger])
    files_checked = models.PositiveIntegerField()
    files_damaged = models.PositiveIntegerField()
    bytes_checked = models.PositiveBigIntegerField()
    problems = models.JSONField(default=list, help_text="[{path, problem, expected, found}]")
    seconds = models.FloatField(help_text="how long it took")
    actor = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(files_damaged__lte=F("files_checked")), name="damage_was_checked")
        ]
        indexes = [models.Index(fields=["version", "-id"], name="verification_of_version")]

    def __str__(self) -> str:
        return f"{self.version_id}: {'intact' if self.is_intact else 'damaged'}"

    @property
    def is_intact(self) -> bool:
        return self.files_damaged == 0
