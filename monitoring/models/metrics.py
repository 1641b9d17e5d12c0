"""Metrics as they are kept: label sets, roll-ups of a minute, an hour or a day, and totals since the beginning.

Written by `monitoring.services.rollups`, `sealing` and `gauges` alone; all of it but gauges can be derived from the
rows again.
"""

from django.db import models
from django.db.models import F, Q

from monitoring.states import Level, choices


class Series(models.Model):
    """A label set. What comes after the cap on their number is counted under `(other)`."""

    pipeline = models.CharField(max_length=200, blank=True)
    task = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=300, blank=True)
    detail = models.CharField(max_length=200, blank=True, help_text="an error's code, a queue, a worker")

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "task", "model", "detail"], name="one_series_per_label_set")
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.pipeline, self.task, self.model, self.detail))) or "everything"


class Measured(models.Model):
    """The columns of a summary: how many, how they ended, and how a value was distributed over them."""

    family = models.CharField(max_length=30)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    count = models.BigIntegerField()
    ok = models.BigIntegerField(default=0)
    error = models.BigIntegerField(default=0)
    total = models.FloatField(default=0, help_text="sum of the values, in the family's unit")
    sketch = models.BinaryField(null=True, help_text="distribution of the values, see monitoring.sketch")

    class Meta:
        abstract = True


class Rollup(Measured):
    """What one family measured of one label set from `at` on, for as long as its level says."""

    level = models.PositiveIntegerField(choices=choices(Level))
    at = models.DateTimeField(help_text="where the stretch begins")
    minimum = models.FloatField(null=True)
    maximum = models.FloatField(null=True)

    class Meta:
        constraints = [
            # Also the index of every reading: one level, a family, a stretch of time.
            models.UniqueConstraint(fields=["level", "family", "at", "series"], name="one_rollup_per_stretch"),
            models.CheckConstraint(
                condition=Q(ok__gte=0, error__gte=0, count__gte=F("ok") + F("error")), name="rollup_counts_nest"
            ),
            models.CheckConstraint(
                condition=Q(minimum=None, maximum=None) | Q(minimum__lte=F("maximum")), name="rollup_extremes_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} {Level(self.level).name.lower()} {self.at:%Y-%m-%d %H:%M}: {self.count}"


class LifetimeTotal(Measured):
    """All sealed minutes of a label set since the beginning: never falls, so it can be a Prometheus counter."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["family", "series"], name="one_total_per_series"),
            models.CheckConstraint(
                condition=Q(ok__gte=0, error__gte=0, count__gte=F("ok") + F("error")), name="total_counts_nest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.series_id}: {self.count}"


class Watermark(models.Model):
    """Up to when a level is sealed. Its minute row is also the lock of everything that writes roll-ups."""

    level = models.PositiveIntegerField(primary_key=True, choices=choices(Level))
    sealed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{Level(self.level).name.lower()}s sealed until {self.sealed_until}"
