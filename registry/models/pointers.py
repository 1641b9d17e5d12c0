"""Pointers to versions: aliases, and the history of every move of an alias or of the default."""

from django.db import models
from django.db.models import F, Q

from registry.models.versions import ModelVersion, RegisteredModel
from registry.states import DEFAULT


class Alias(models.Model):
    """A name for one version of a model, such as `production`. The default is `ModelVersion.is_default`."""

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="aliases", db_index=False)
    name = models.CharField(max_length=100)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["model", "name"]
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="one_version_per_alias"),
            models.CheckConstraint(condition=~Q(name__in=["", DEFAULT, "latest"]), name="alias_is_not_reserved"),
        ]

    def __str__(self) -> str:
        return self.name


class PointerMove(models.Model):
    """One move of the default or of an alias; append-only. Labels stay when a version is deleted.

    A rollback undoes a move (and those after it): `undoes` names it.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="moves", db_index=False)
    pointer = models.CharField(max_length=100, help_text="default, or the alias")
    from_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    to_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    from_label = models.CharField(max_length=100, blank=True, help_text="empty: it pointed to nothing")
    to_label = models.CharField(max_length=100, blank=True, help_text="empty: it points to nothing")
    undoes = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    actor = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(pointer=""), name="move_names_its_pointer"),
            models.CheckConstraint(condition=~Q(from_label=F("to_label")), name="move_goes_somewhere_else"),
        ]
        # What a pointer said at a time, its history, its latest move.
        indexes = [models.Index(fields=["model", "pointer", "-id"], name="move_of_pointer")]

    def __str__(self) -> str:
        return f"{self.pointer}: {self.from_label or '–'} → {self.to_label or '–'}"
