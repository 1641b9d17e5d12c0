"""Registered pipelines and their immutable versions."""

from django.db import models

from common.ordered_json import OrderedJSONField


class RegisteredPipeline(models.Model):
    """A pipeline under the id its users call it by; `current_version` is what a new execution runs."""

    id = models.CharField(primary_key=True, max_length=200)
    current_version = models.ForeignKey("PipelineVersion", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.id


class PipelineVersion(models.Model):
    """One definition, never changed once written; named by the SHA-256 digest of its canonical form."""

    pipeline = models.ForeignKey(RegisteredPipeline, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … in the order of registration")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical definition, in hex")
    label = models.CharField(max_length=200, help_text="the definition's own `version`")
    definition = OrderedJSONField(help_text="the canonical definition, its keys in the author's order")
    task_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pipeline", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "digest"], name="one_version_per_digest"),
            models.UniqueConstraint(fields=["pipeline", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id} v{self.number}"
