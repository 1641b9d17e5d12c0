"""Executions, their task runs, the attempts at each, and what happened when.

Status columns are written by `orchestration.engine.store` alone.
"""

import uuid

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from orchestration.models.pipelines import PipelineVersion, RegisteredPipeline
from orchestration.models.workers import Worker
from orchestration.states import LIVE_EXECUTION, AttemptStatus, ExecutionStatus, TaskRunStatus, Trigger
from reviews.models import ReviewRequest


def new_execution_id() -> uuid.UUID:
    """A time-ordered identifier (UUIDv7, RFC 9562), so that new rows land together in the index."""
    return uuid7()


def _choices(words: type[ExecutionStatus] | type[TaskRunStatus] | type[AttemptStatus]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]


class Execution(models.Model):
    """One run of a pipeline. It ends when `open_task_runs` reaches zero."""

    id = models.UUIDField(primary_key=True, default=new_execution_id, editable=False)
    # No index of their own for foreign keys that another index begins with, or that nobody looks up: each costs a
    # write at every change of status.
    pipeline = models.ForeignKey(
        RegisteredPipeline, on_delete=models.PROTECT, related_name="executions", db_index=False
    )
    version = models.ForeignKey(PipelineVersion, on_delete=models.PROTECT, related_name="executions", db_index=False)
    status = models.CharField(max_length=20, choices=_choices(ExecutionStatus), default=ExecutionStatus.PENDING)
    input = models.JSONField(help_text="encoded by common.json_boundary")
    output = models.JSONField(null=True)
    error = models.JSONField(null=True, help_text="{code, message, task}")
    labels = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True, help_text="what it is about, for people")
    trigger = models.CharField(max_length=20, choices=[(word.value, word.label) for word in Trigger])
    started_by = models.CharField(max_length=150, blank=True, help_text="the login's name; kept when the login goes")
    rerun_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reruns", db_index=False)
    private_worker = models.CharField(
        max_length=32, blank=True, help_text="run(): only this worker may claim its tasks"
    )
    max_parallel = models.PositiveIntegerField(help_text="at most this many of its task runs run at once")
    open_task_runs = models.PositiveIntegerField(help_text="not yet in a final state")
    active_task_runs = models.PositiveIntegerField(help_text="queued or running")
    running_task_runs = models.PositiveIntegerField(default=0)
    failed_task_runs = models.PositiveIntegerField(default=0, help_text="failed or timed out")
    idempotency_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - unique, so absent must be NULL
    input_digest = models.CharField(
        max_length=64, blank=True, help_text="to tell a repeated submission from a different one"
    )
    traceparent = models.CharField(
        max_length=55, blank=True, help_text="W3C trace context: its caller's, or its own; empty when not traced"
    )
    deadline_at = models.DateTimeField(null=True, help_text="the run's own timeout")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "idempotency_key"], name="one_execution_per_idempotency_key"),
            models.CheckConstraint(
                condition=Q(running_task_runs__lte=models.F("active_task_runs"))
                & Q(active_task_runs__lte=models.F("open_task_runs")),
                name="execution_counters_nest",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE_EXECUTION, finished_at=None)
                | (~Q(status__in=LIVE_EXECUTION) & Q(open_task_runs=0) & Q(finished_at__isnull=False)),
                name="execution_ends_when_nothing_is_open",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="execution_newest"),
            models.Index(fields=["pipeline", "-created_at"], name="execution_of_pipeline"),
            models.Index(fields=["rerun_of"], name="execution_rerun", condition=Q(rerun_of__isnull=False)),
            # The ticker's deadline duty.
            models.Index(
                fields=["deadline_at"], name="execution_due", condition=Q(finished_at=None, deadline_at__isnull=False)
            ),
            # Everything that looks at live executions only: claiming, invariants, the overview.
            models.Index(fields=["status"], name="execution_live", condition=Q(finished_at=None)),
            # The overview and the counts of the list: everything about the past, written once, when an execution ends.
            models.Index(
                fields=["finished_at", "status", "pipeline", "started_at"],
                name="execution_ended",
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline_id} {self.id}"

    @property
    def is_terminal(self) -> bool:
        return ExecutionStatus(self.status).is_terminal

    @property
    def trace_id(self) -> str:
        """In hex; empty when it is not traced."""
        return self.traceparent[3:35]


class TaskRun(models.Model):
    """One task of one execution. `token` grows at every change of owner; a write with an old one changes nothing."""

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="task_runs", db_index=False)
    name = models.CharField(max_length=100)
    task_type = models.CharField(max_length=100)
    position = models.PositiveIntegerField(help_text="place in the topological order")
    model = models.CharField(max_length=300, blank=True, help_text="the model as resolved when the execution started")
    queue = models.CharField(max_length=100, default="default")
    status = models.CharField(max_length=20, choices=_choices(TaskRunStatus), default=TaskRunStatus.PENDING)
    remaining_dependencies = models.PositiveIntegerField()

    token = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="attempts that failed or timed out")
    crashes = models.PositiveIntegerField(default=0, help_text="attempts whose worker was lost")

    timeout_seconds = models.FloatField(help_text="of one attempt")
    queue_timeout_seconds = models.FloatField(null=True)
    max_attempts = models.PositiveIntegerField()
    max_crashes = models.PositiveIntegerField()

    queued_at = models.DateTimeField(null=True)
    hinted_at = models.DateTimeField(null=True, help_text="when a wake-up hint was last published")
    hints = models.PositiveIntegerField(default=0, help_text="hints published since it was queued")
    queue_deadline_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True, help_text="when a retry is due")
    # The attempt in flight. The worker and its process stay on a cancelled row until that attempt reports or dies.
    worker = models.ForeignKey(Worker, null=True, on_delete=models.SET_NULL, related_name="task_runs", db_index=False)
    worker_pid = models.PositiveIntegerField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True, help_text="of the attempt in flight")
    started_at = models.DateTimeField(null=True, help_text="of the latest attempt")
    finished_at = models.DateTimeField(null=True)

    output = models.JSONField(null=True, help_text="while it waits for a person: what is proposed")
    error = models.JSONField(null=True, help_text="{code, message, …}")
    usage = models.JSONField(null=True, help_text="tokens, characters … of the attempt that counted")
    # Its unique constraint below is the index, of those few that have one.
    review = models.ForeignKey(
        ReviewRequest, null=True, on_delete=models.PROTECT, related_name="task_runs", db_index=False
    )
    cache = models.JSONField(null=True, help_text="what the result cache did for it: {outcome, reason, origin …}")

    class Meta:
        ordering = ["execution", "position"]
        constraints = [
            # The one index by execution; names are unique because the definition's are.
            models.UniqueConstraint(fields=["execution", "position"], name="one_task_run_per_position"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_expires_at__isnull=False, worker_pid__isnull=False),
                name="running_task_run_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(status="retrying") | Q(not_before__isnull=False), name="retrying_task_run_has_a_due_time"
            ),
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(review__isnull=False), name="waiting_task_run_has_a_review"
            ),
            models.UniqueConstraint(
                fields=["review"], name="one_task_run_per_review", condition=Q(review__isnull=False)
            ),
        ]
        indexes = [
            # Claiming the oldest queued task run, and the ticker's re-publishing.
            models.Index(fields=["queue", "queued_at"], name="task_run_queued", condition=Q(status="queued")),
            # Continuing inside one execution.
            models.Index(fields=["execution", "position"], name="task_run_queued_here", condition=Q(status="queued")),
            models.Index(fields=["lease_expires_at"], name="task_run_leased", condition=Q(status="running")),
            models.Index(fields=["not_before"], name="task_run_retrying", condition=Q(status="retrying")),
            models.Index(
                fields=["queue_deadline_at"], name="task_run_queue_due", condition=Q(queue_deadline_at__isnull=False)
            ),
            # The ticker, twice a second: those that wait for a person, however many have waited before.
            models.Index(fields=["review"], name="task_run_waiting", condition=Q(status="waiting")),
            # What executions say of a registered model's version.
            models.Index(fields=["model", "-id"], name="task_run_of_model", condition=~Q(model="")),
            # A worker's keeper: the attempts of its own in flight.
            models.Index(fields=["worker"], name="task_run_in_flight", condition=Q(worker__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.execution_id}"


class TaskAttempt(models.Model):
    """One try of a task run, written once, when it ended."""

    task_run = models.ForeignKey(TaskRun, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    token = models.PositiveIntegerField(help_text="the claim it ran under")
    status = models.CharField(max_length=20, choices=_choices(AttemptStatus))
    worker = models.CharField(max_length=300, blank=True, help_text="host and process")
    model = models.CharField(max_length=300, blank=True)
    error = models.JSONField(null=True)
    usage = models.JSONField(null=True)
    cache = models.JSONField(null=True, help_text="what the result cache did for it")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ["task_run", "token"]
        constraints = [models.UniqueConstraint(fields=["task_run", "token"], name="one_attempt_per_claim")]
        # The roll-up of metrics: what ended in the last minutes.
        indexes = [models.Index(fields=["finished_at"], name="attempt_ended")]

    def __str__(self) -> str:
        return f"{self.task_run_id}/{self.token}: {self.status}"


class AttemptLog(models.Model):
    """What a handler logged during one attempt; no row when it logged nothing."""

    task_run = models.ForeignKey(TaskRun, on_delete=models.CASCADE, related_name="logs", db_index=False)
    token = models.PositiveIntegerField(help_text="the attempt's claim")
    lines = models.JSONField(help_text="[[seconds since the start, level, logger, text], …]")
    left_out = models.PositiveIntegerField(default=0, help_text="lines past the limit of common.log_context")

    class Meta:
        ordering = ["task_run", "token"]
        constraints = [models.UniqueConstraint(fields=["task_run", "token"], name="one_log_per_attempt")]

    def __str__(self) -> str:
        return f"log of {self.task_run_id}/{self.token}"


class ExecutionEvent(models.Model):
    """Something that happened in an execution, written in the transaction that made it so."""

    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="events", db_index=False)
    task_name = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=40, help_text="execution.started, task.completed …")
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["execution", "id"], name="event_of_execution")]

    def __str__(self) -> str:
        return f"{self.kind} {self.task_name}".strip()
