"""The shapes of bodies: `…Request` for what comes in, the others for what goes out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from common.rest.fields import AnyJSON, Output, StrictSerializer, Text, Whole
from common.rest.filters import LARGEST_NUMBER
from orchestration import tracing
from orchestration.api.fields import Labels
from orchestration.definition.config import PIPELINE_NAME_RULE
from orchestration.engine.blobs import load_value
from orchestration.models import Execution, TaskRun
from orchestration.selectors.progress import why_waiting
from orchestration.selectors.reuse import is_reused, origin_of
from orchestration.selectors.values import show_value
from orchestration.services.reruns import CURRENT
from orchestration.states import AttemptStatus, ExecutionStatus, TaskRunStatus, Trigger

# Named in SPECTACULAR_SETTINGS, so that the OpenAPI document has names for them.
EXECUTION_STATUSES = [word.value for word in ExecutionStatus]
TASK_RUN_STATUSES = [word.value for word in TaskRunStatus]
TRIGGERS = [word.value for word in Trigger]
ATTEMPT_STATUSES = [word.value for word in AttemptStatus]


@extend_schema_field(
    {
        "type": "object",
        "description": "why it failed: `code` for programs, `message` for people, and more",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    }
)
class StoredError(AnyJSON):
    def to_representation(self, value: Any) -> Any:
        return load_value(value)


class Value(Output):
    """A value of any size: `value` is null unless `inline`; `url` always has it."""

    size = serializers.IntegerField(help_text="bytes of JSON")
    inline = serializers.BooleanField(source="is_inline")
    value = AnyJSON(allow_null=True)
    url = serializers.URLField()


# Pipelines ------------------------------------------------------------------------------------------------------------


class Version(Output):
    number = serializers.IntegerField()
    label = serializers.CharField(  # type: ignore[assignment]  # elsewhere a form's label; here the column
        help_text="the definition's own `version`"
    )
    digest = serializers.CharField(help_text="SHA-256 of the canonical definition, in hex")
    task_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ListedVersion(Version):
    is_current = serializers.SerializerMethodField(help_text="whether new executions run it")

    def get_is_current(self, version: Any) -> bool:
        return bool(version.current_id == version.pk)


class VersionDetail(ListedVersion):
    definition = serializers.DictField(help_text="the canonical definition; registering it again changes nothing")


class PipelineSummary(Output):
    id = serializers.CharField()
    description = serializers.SerializerMethodField()
    current_version = Version()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_description(self, pipeline: Any) -> str:
        return pipeline.description or ""


class DefinitionProblem(Output):
    """A mistake or a doubt, and where it is. Lines and columns count from 1."""

    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    column = serializers.IntegerField(allow_null=True)
    pointer = serializers.CharField(help_text="RFC 6901 JSON pointer")
    task = serializers.CharField(allow_null=True)
    suggestion = serializers.CharField(allow_null=True)


class Checked(Output):
    valid = serializers.SerializerMethodField()
    digest = serializers.CharField(source="pipeline.digest", default=None, allow_null=True)
    errors = DefinitionProblem(many=True)  # type: ignore[assignment]  # `errors` of a serializer is for input
    warnings = DefinitionProblem(many=True)

    def get_valid(self, checked: Any) -> bool:
        return checked.pipeline is not None


class Registered(Version):
    pipeline = serializers.CharField(help_text="its id")
    created = serializers.BooleanField(help_text="false when this definition was registered before")
    warnings = DefinitionProblem(many=True)


class RegisterQuery(StrictSerializer):
    pipeline_id = serializers.RegexField(
        r"\A[A-Za-z_][A-Za-z0-9_.-]*\Z",
        max_length=200,
        required=False,
        trim_whitespace=False,
        error_messages={"invalid": PIPELINE_NAME_RULE},
        help_text="the id to register under; the definition's name when not given",
    )


class VersionQuery(StrictSerializer):
    version = serializers.IntegerField(
        min_value=1, max_value=LARGEST_NUMBER, required=False, help_text="the current version when not given"
    )


# Executions -----------------------------------------------------------------------------------------------------------


class ExecuteRequest(StrictSerializer):
    pipeline = Text(min_length=1, max_length=200, help_text="a pipeline's id")
    version = Whole(
        min_value=1, max_value=LARGEST_NUMBER, required=False, help_text="the current version when not given"
    )
    input = AnyJSON(required=False, allow_null=True, help_text="must fit the pipeline's `inputs`; {} when not given")
    labels = Labels(required=False)
    title = Text(max_length=200, required=False, allow_blank=True, help_text="what it is about, for people")


class CancelRequest(StrictSerializer):
    reason = Text(max_length=1000, required=False, allow_blank=True, help_text="kept with the error")


class PauseRequest(StrictSerializer):
    reason = Text(max_length=1000, required=False, allow_blank=True, help_text="kept in its history")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER},
            {"type": "string", "enum": [CURRENT]},
        ]
    }
)
class VersionChoice(Whole):
    """A version's number, or the word for the current one."""

    def to_internal_value(self, data: Any) -> Any:
        return data if data == CURRENT else super().to_internal_value(data)

    def run_validators(self, value: Any) -> None:
        if value != CURRENT:
            super().run_validators(value)


class RerunRequest(StrictSerializer):
    from_task = Text(
        min_length=1,
        max_length=100,
        required=False,
        allow_null=True,
        help_text="`failed`: only what has no result runs; a task's name: that task, all after it, and what has no "
        "result; everything runs when not given",
    )
    version = VersionChoice(
        min_value=1,
        max_value=LARGEST_NUMBER,
        required=False,
        allow_null=True,
        help_text="a number, or `current`; the version that it ran when not given",
    )
    input = AnyJSON(required=False, allow_null=True, help_text="its input when not given; not with `from_task`")
    title = Text(max_length=200, required=False, allow_blank=True, help_text="its title when not given")


class Progress(Output):
    tasks = serializers.IntegerField()
    finished = serializers.IntegerField()


class Timed(Output):
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.SerializerMethodField()

    def get_duration_seconds(self, row: Any) -> float | None:
        if not (row.started_at and row.finished_at):
            return None
        seconds: float = (row.finished_at - row.started_at).total_seconds()
        return round(seconds, 6)


class ExecutionSummary(Timed):
    id = serializers.UUIDField()
    pipeline = serializers.CharField(source="pipeline_id")
    version = serializers.IntegerField(source="version.number")
    status = serializers.ChoiceField(choices=EXECUTION_STATUSES)
    title = serializers.CharField()
    trigger = serializers.ChoiceField(choices=TRIGGERS, help_text="what it was started from")
    started_by = serializers.CharField(help_text="the login's name")
    rerun_of = serializers.UUIDField(source="rerun_of_id", allow_null=True)
    labels = Labels()
    progress = serializers.SerializerMethodField()
    error = StoredError(allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field(Progress)
    def get_progress(self, execution: Execution) -> dict[str, int]:
        tasks = execution.version.task_count
        return {"tasks": tasks, "finished": tasks - execution.open_task_runs}


class ExecutionDetail(ExecutionSummary):
    reason = serializers.SerializerMethodField(help_text="what it waits for, as a sentence; null when it runs or ended")
    idempotency_key = serializers.CharField(allow_null=True)
    deadline_at = serializers.DateTimeField(allow_null=True)
    trace_id = serializers.CharField(help_text="of its OpenTelemetry trace, in hex; empty when it is not traced")
    trace_url = serializers.SerializerMethodField(help_text="where people see the trace (TRACING_URL); null if nowhere")
    input = serializers.SerializerMethodField()
    output = serializers.SerializerMethodField(help_text="null until the execution completed")

    def get_reason(self, execution: Execution) -> str | None:
        return None if execution.is_terminal else why_waiting(execution.pk)

    def get_trace_url(self, execution: Execution) -> str | None:
        return tracing.address_of(execution.trace_id) or None

    @extend_schema_field(Value)
    def get_input(self, execution: Execution) -> dict[str, Any]:
        return show(self, execution.input, "execution-input", execution_id=execution.pk)

    @extend_schema_field(Value(allow_null=True))
    def get_output(self, execution: Execution) -> dict[str, Any] | None:
        if execution.output is None:
            return None
        return show(self, execution.output, "execution-output", execution_id=execution.pk)


def show(serializer: serializers.Serializer[Any], stored: Any, address: str, **place: Any) -> dict[str, Any]:
    """A stored value as `Value`, with the address that has it in full."""
    shown = show_value(stored)
    url = reverse(address, kwargs=place, request=serializer.context["request"])
    return {"size": shown.size, "inline": shown.is_inline, "value": shown.value, "url": url}


class Cancelled(Output):
    cancelled = serializers.BooleanField(help_text="false when the execution had already ended")
    status = serializers.ChoiceField(choices=EXECUTION_STATUSES)


class Paused(Output):
    paused = serializers.BooleanField(help_text="false when the execution had already ended")
    status = serializers.ChoiceField(choices=EXECUTION_STATUSES)


class Resumed(Output):
    resumed = serializers.BooleanField(help_text="false when the execution had already ended")
    status = serializers.ChoiceField(choices=EXECUTION_STATUSES)


class TaskRunSummary(Timed):
    name = serializers.CharField()
    type = serializers.CharField(source="task_type")
    status = serializers.ChoiceField(choices=TASK_RUN_STATUSES)
    model = serializers.SerializerMethodField(help_text="as resolved when the execution started")
    failures = serializers.IntegerField(help_text="attempts that failed or timed out")
    crashes = serializers.IntegerField(help_text="attempts whose worker was lost")
    error = StoredError(allow_null=True)
    usage = AnyJSON(allow_null=True, help_text="tokens, characters … of the attempt that counted")
    cache = AnyJSON(allow_null=True, help_text="what the result cache did: {outcome, reason, origin …}")
    review = serializers.UUIDField(source="review_id", allow_null=True, help_text="in which a person decides, or did")
    queue = serializers.CharField(help_text="for whose workers it waits, or waited")
    queued_at = serializers.DateTimeField(allow_null=True)
    retry_at = serializers.SerializerMethodField(help_text="when the next attempt is due, while it waits for that")
    reused = serializers.SerializerMethodField(help_text="whether an earlier execution made its result")

    def get_model(self, row: Any) -> str | None:
        return row.model or None

    def get_retry_at(self, row: Any) -> datetime | None:
        due: datetime | None = row.not_before
        return due if row.status == TaskRunStatus.RETRYING else None

    def get_reused(self, row: Any) -> bool:
        return is_reused(row)


class Attempt(Timed):
    status = serializers.ChoiceField(choices=ATTEMPT_STATUSES)
    worker = serializers.CharField(allow_blank=True, help_text="host and process")
    model = serializers.CharField(allow_blank=True)
    error = StoredError(allow_null=True)
    usage = AnyJSON(allow_null=True)
    cache = AnyJSON(allow_null=True)


class TaskRunDetail(TaskRunSummary):
    timeout_seconds = serializers.FloatField(help_text="of one attempt")
    max_attempts = serializers.IntegerField()
    attempts = Attempt(many=True, help_text="those that ended, in order")
    output = serializers.SerializerMethodField(help_text="null until the task completed")
    reused_from = serializers.SerializerMethodField(help_text="the execution that made its result, if an earlier one")

    def get_reused_from(self, row: TaskRun) -> UUID | None:
        origin = origin_of(row)
        return None if origin is None else UUID(origin)

    @extend_schema_field(Value(allow_null=True))
    def get_output(self, row: TaskRun) -> dict[str, Any] | None:
        if row.output is None or row.status != TaskRunStatus.COMPLETED:
            return None
        return show(self, row.output, "task-output", execution_id=row.execution_id, name=row.name)


class Event(Output):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="`execution.created`, `task.completed` …")
    task = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    details = serializers.DictField()

    def get_task(self, event: Any) -> str | None:
        return event.task_name or None
