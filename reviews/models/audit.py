"""The history of reviews: append-only, chained by a key of its own. `reviews.audit` writes and verifies it."""

from django.db import models
from django.db.models import Q

from common.ordered_json import OrderedJSONField


class ReviewEvent(models.Model):
    """Something that happened. `mac` seals it and, through `previous`, all before it in its stream.

    The payload hangs on the chain by a salted digest, so that it can be erased without breaking the chain.
    """

    stream = models.CharField(max_length=100, help_text="review:<id>, reviewer:<id>, policy:<id>, webhook:<name>")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=40, help_text="review.opened, review.decided …")
    actor = models.CharField(max_length=200)
    actor_label = models.CharField(max_length=200)
    channel = models.CharField(max_length=20)
    status = models.CharField(max_length=20, blank=True, help_text="of the review, after it")
    at = models.DateTimeField()
    salt = models.CharField(max_length=32, blank=True)
    payload = OrderedJSONField(null=True, help_text="{sentence, before, after, details}; null: erased")
    payload_digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16, help_text="which key sealed it")
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ["stream", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "sequence"], name="one_event_per_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="event_sequences_count_from_one"),
        ]
        indexes = [models.Index(fields=["at"], name="event_at")]  # checkpoints: streams that changed; export by time

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence} {self.kind}"

    @property
    def sentence(self) -> str:
        """What happened, for people."""
        return str(self.payload["sentence"]) if self.payload else f"{self.actor_label}: {self.kind} (content erased)"


class AuditCheckpoint(models.Model):
    """How far the streams had come at a moment, sealed: what is cut from a stream's end afterwards is missed."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    events = models.PositiveBigIntegerField(help_text="events in all streams")
    heads = models.JSONField(help_text="{stream: [sequence, mac]} of the streams that changed since the last one")
    key_id = models.CharField(max_length=16)
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"#{self.number}: {self.events} events"
