"""Registering pipelines."""

from django.db import transaction

from orchestration.arguments import check_new_pipeline_id
from orchestration.definition import Pipeline
from orchestration.models import PipelineVersion, RegisteredPipeline


@transaction.atomic
def register_pipeline(*, pipeline: Pipeline, pipeline_id: str | None = None) -> PipelineVersion:
    """Make `pipeline` what new executions of `pipeline_id` (default: its name) run. Idempotent.

    The same definition again returns the version there is and makes it current; another one becomes the next version.
    Raises `InvalidArgument` for an id that is no name.
    """
    pipeline_id = pipeline.name if pipeline_id is None else pipeline_id
    check_new_pipeline_id(pipeline_id)
    registered, _ = RegisteredPipeline.objects.get_or_create(id=pipeline_id)
    # The row's lock orders concurrent registrations, so that numbers are without gaps or doubles.
    registered = RegisteredPipeline.objects.select_for_update().get(pk=registered.pk)
    newest = registered.versions.order_by("-number").first()
    version, _ = registered.versions.get_or_create(
        digest=pipeline.digest,
        defaults={
            "number": newest.number + 1 if newest else 1,
            "label": pipeline.version,
            "definition": pipeline.to_dict(),
            "task_count": len(pipeline.config.tasks),
        },
    )
    if registered.current_version_id != version.pk:
        registered.current_version = version
        registered.save(update_fields=["current_version", "updated_at"])
    return version
