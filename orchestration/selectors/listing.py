"""The rows behind lists: without inputs, outputs and definitions, and with what a line shows in the same query."""

from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform

from orchestration.exceptions import ExecutionNotFound, PipelineNotFound
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, RegisteredPipeline, TaskRun
from orchestration.selectors.pipelines import find_version
from orchestration.states import LIVE_EXECUTION

# JSON columns of SQLite know no containment; json_each takes any key, whatever its characters.
_HAS_LABEL = "EXISTS (SELECT 1 FROM json_each(orchestration_execution.labels) WHERE key = %s AND atom = %s)"


def list_pipelines() -> QuerySet[RegisteredPipeline]:
    """Registered pipelines with their current versions and descriptions."""
    return (
        RegisteredPipeline.objects.filter(current_version__isnull=False)
        .select_related("current_version")
        .defer("current_version__definition")
        .annotate(description=KeyTextTransform("description", "current_version__definition"))
    )


def list_versions(pipeline_id: str) -> QuerySet[PipelineVersion]:
    """A pipeline's versions without their definitions. Raises `PipelineNotFound`."""
    find_version(pipeline_id=pipeline_id)
    versions = PipelineVersion.objects.filter(pipeline_id=pipeline_id).defer("definition")
    return versions.annotate(current_id=F("pipeline__current_version"))


def find_pipeline(pipeline_id: str) -> RegisteredPipeline:
    """Raises `PipelineNotFound`, with the nearest id there is."""
    found = list_pipelines().filter(pk=pipeline_id).first()
    if found is None:
        find_version(pipeline_id=pipeline_id)
        raise PipelineNotFound(f'the pipeline "{pipeline_id}" has no version')
    return found


def list_executions() -> QuerySet[Execution]:
    """Executions with their versions' numbers and sizes."""
    return Execution.objects.select_related("version").defer("input", "output", "version__definition")


def having_label(executions: QuerySet[Execution], key: str, value: str) -> QuerySet[Execution]:
    """Those of `executions` that carry the label."""
    if connection.features.supports_json_field_contains:
        return executions.filter(labels__contains={key: value})
    return executions.filter(RawSQL(_HAS_LABEL, (key, value), output_field=BooleanField()))  # noqa: S611 - parameters


def list_task_runs(execution_id: UUID) -> QuerySet[TaskRun]:
    """An execution's task runs without their outputs."""
    return TaskRun.objects.filter(execution_id=execution_id).defer("output")


def list_events(execution_id: UUID) -> QuerySet[ExecutionEvent]:
    return ExecutionEvent.objects.filter(execution_id=execution_id)


def find_whole_execution(given: str | UUID) -> Execution:
    """An execution with its input and output, in one query. Raises `ExecutionNotFound`."""
    found = list_executions().defer(None).defer("version__definition").filter(pk=_as_key(given)).first()
    if found is None:
        raise _no_execution(given)
    return found


def find_execution_key(given: str) -> UUID:
    """The primary key, once the execution is there. Raises `ExecutionNotFound`."""
    key = _as_key(given)
    if not Execution.objects.filter(pk=key).exists():
        raise _no_execution(given)
    return key


def _as_key(given: str | UUID) -> UUID:
    try:
        return given if isinstance(given, UUID) else UUID(given)
    except ValueError as error:
        raise _no_execution(given) from error


def _no_execution(given: str | UUID) -> ExecutionNotFound:
    return ExecutionNotFound(f"there is no execution {str(given)[:80]!r}")


def is_live(execution_id: UUID) -> bool:
    """False when it has ended, and when it is gone."""
    return Execution.objects.filter(pk=execution_id, status__in=LIVE_EXECUTION).exists()


def has_definition(pipeline_id: str, digest: str) -> bool:
    """Whether a version of the pipeline has this digest."""
    return PipelineVersion.objects.filter(pipeline_id=pipeline_id, digest=digest).exists()
