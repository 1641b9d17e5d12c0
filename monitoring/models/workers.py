"""What workers use of their machine, and the small jobs that show whether they still take work."""

from django.db import models
from django.db.models import Q


class WorkerSample(models.Model):
    """The latest look at a worker's processes, one row per worker; the past is in the roll-ups. No foreign key: the
    row of a worker that is gone may go first."""

    worker_id = models.CharField(primary_key=True, max_length=32)
    hostname = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    processes = models.PositiveIntegerField(help_text="the main process and its children")
    cpu_share = models.FloatField(help_text="of one core, since the look before")
    memory_bytes = models.PositiveBigIntegerField(help_text="resident, children included")
    read_bytes_per_second = models.FloatField(null=True, help_text="null where the system does not tell")
    written_bytes_per_second = models.FloatField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.hostname}:{self.pid}"


class Canary(models.Model):
    """A tiny job sent through a queue: whoever takes it writes its name here."""

    queue = models.CharField(max_length=100)
    sent_by = models.CharField(max_length=32)
    sent_at = models.DateTimeField()
    taken_by = models.CharField(max_length=32, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "canaries"
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by="", taken_at=None) | (~Q(taken_by="") & Q(taken_at__isnull=False)),
                name="canary_taken_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["sent_at"], name="canary_sent")]  # the health check's last minutes; pruning

    def __str__(self) -> str:
        return f"{self.queue} {self.sent_at:%H:%M:%S}"
