"""Saving what was written in the editor: a registration that notices when somebody else was quicker."""

from django.db import transaction

from common.errors import Conflict
from orchestration.definition import Pipeline
from orchestration.models import PipelineVersion, RegisteredPipeline
from orchestration.services.pipelines import register_pipeline


class PipelineChanged(Conflict):
    """The current version is not the one the edit began with; `current` is its number now, 0 for none."""

    code = "pipeline_changed"

    def __init__(self, message: str, current: int) -> None:
        super().__init__(message)
        self.current = current


@transaction.atomic
def save_edit(*, pipeline: Pipeline, pipeline_id: str, base: int) -> PipelineVersion:
    """Register `pipeline` when version `base` (0: none) is still the current one. Raises `PipelineChanged`."""
    # The lock that registrations take too: nobody registers between the look and the write.
    registered = RegisteredPipeline.objects.select_for_update().filter(pk=pipeline_id).first()
    version = registered.current_version if registered else None
    current = version.number if version else 0
    if current != base and (version is None or version.digest != pipeline.digest):
        raise PipelineChanged(f'"{pipeline_id}" is at version {current} now, not at version {base}', current)
    return register_pipeline(pipeline=pipeline, pipeline_id=pipeline_id)
