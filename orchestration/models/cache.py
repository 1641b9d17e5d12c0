"""The result cache's rows: entries where there is no Redis, and what was counted, proposed and changed."""

from django.db import models
from django.db.models import F, Q


class CacheEntry(models.Model):
    """A kept result or value, in its envelope (`orchestration.cache.entries`)."""

    key = models.CharField(primary_key=True, max_length=250)
    content = models.BinaryField()
    size = models.PositiveBigIntegerField(help_text="bytes of the envelope")
    subject = models.CharField(max_length=310, blank=True, help_text="pipeline/task whose result it is")
    parts = models.JSONField(null=True, help_text="part of the key → digest, to explain a later miss")
    digest = models.CharField(max_length=64, blank=True, help_text="of the value")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(help_text="noted now and then, not at every hit")
    uses = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "cache entries"
        indexes = [
            # The optimiser: drop the expired.
            models.Index(fields=["expires_at"], name="cache_entry_due", condition=Q(expires_at__isnull=False)),
            models.Index(fields=["used_at"], name="cache_entry_unused"),  # the optimiser: trim, least recently used
            # Why a look-up missed: the latest questions of the same task.
            models.Index(fields=["subject", "-created_at"], name="cache_entry_of_task", condition=~Q(subject="")),
        ]

    def __str__(self) -> str:
        return self.key


class CacheTag(models.Model):
    """A tag's version: an entry is good while its tags have the versions it was stored with.

    The tag without a name counts changes of any kind; it keeps the memory of processes true where there is no Redis.
    `#entries` and `#bytes` say how much a large table held lately.
    """

    name = models.CharField(primary_key=True, max_length=250)
    version = models.BigIntegerField()
    touched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.version}"


class CacheFlight(models.Model):
    """Somebody is making the value of a key; whoever else wants it waits, until this expires at the latest."""

    key = models.CharField(primary_key=True, max_length=250)
    token = models.CharField(max_length=32)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class CacheCount(models.Model):
    """What happened how often within an hour, per pipeline, task and model. Added to in batches.

    What is more than a day old is merged into the first hour of its day (UTC), see `cache.rollup`.
    """

    hour = models.DateTimeField()
    pipeline = models.CharField(max_length=200, blank=True)
    task = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=20, help_text="memory, store, miss, bypass, stored, refused, removed")
    reason = models.CharField(max_length=120, blank=True)
    number = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField(default=0, help_text="read or written, before compression")
    age_seconds = models.FloatField(default=0, help_text="of entries when they were hit, in all")
    seconds_saved = models.FloatField(default=0)
    microusd_saved = models.PositiveBigIntegerField(default=0)
    unpriced = models.PositiveBigIntegerField(default=0, help_text="hits whose price is not known; in no sum of money")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "pipeline", "task", "model", "outcome", "reason"], name="one_cache_count_each"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="cache_count_counts"),
            models.CheckConstraint(condition=Q(unpriced__lte=F("number")), name="cache_count_unpriced_is_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.pipeline}/{self.task} {self.outcome} {self.number}"


class CacheChange(models.Model):
    """What the optimiser did or proposes, and what it saw."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=[(word, word) for word in ("clean-up", "ttl", "size")])
    subject = models.CharField(max_length=310, blank=True, help_text="pipeline/task, or empty for the whole cache")
    before = models.FloatField(null=True, help_text="seconds or bytes")
    after = models.FloatField(null=True)
    reason = models.TextField()
    is_applied = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at"], name="cache_change_newest")
        ]  # the log's page, the optimiser's look-back

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
