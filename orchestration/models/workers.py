"""Workers that hold leases, and the ticker's single leader."""

from django.db import models


class Worker(models.Model):
    """One worker process (a Celery worker's main process, or a process inside `run()`)."""

    id = models.CharField(primary_key=True, max_length=32)
    hostname = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    pool = models.CharField(max_length=20, help_text="prefork, threads, solo … or `inline` for run()")
    concurrency = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    task_types = models.JSONField(default=list, help_text="the task types this worker has handlers for")
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-heartbeat_at"]
        indexes = [models.Index(fields=["heartbeat_at"], name="worker_heartbeat")]  # who is alive

    def __str__(self) -> str:
        return f"{self.hostname}:{self.pid}"


class TickerLease(models.Model):
    """The one row that says which ticker leads, until when, and how each duty last went."""

    name = models.CharField(primary_key=True, max_length=20, default="leader")
    holder = models.CharField(max_length=32)
    expires_at = models.DateTimeField()
    ticked_at = models.DateTimeField()
    duties = models.JSONField(default=dict, help_text="duty → last success, last error, seconds it took")

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
