"""Reading registered pipelines."""

from django.db.models import F

from common.wording import closest, printable, quoted, text_fault
from orchestration.exceptions import PipelineNotFound
from orchestration.models import PipelineVersion, RegisteredPipeline


def find_version(*, pipeline_id: str, number: int | None = None) -> PipelineVersion:
    """A pipeline's current version, or the numbered one. Raises `PipelineNotFound`, with the nearest id there is."""
    # The definition may be large, and whoever runs it has it already (engine.versions).
    if text_fault(pipeline_id):
        raise PipelineNotFound(f"no pipeline is registered as {quoted(printable(pipeline_id))}")
    versions = PipelineVersion.objects.filter(pipeline_id=pipeline_id).defer("definition")
    found = (
        versions.filter(number=number).first()
        if number is not None
        else versions.filter(pk=F("pipeline__current_version")).first()
    )
    if found is None:
        raise PipelineNotFound(_not_found(pipeline_id, number, versions.exists()))
    return found


def _not_found(pipeline_id: str, number: int | None, has_versions: bool) -> str:
    if number is not None and has_versions:
        return f'the pipeline "{pipeline_id}" has no version {number}'
    near = closest(pipeline_id, RegisteredPipeline.objects.values_list("id", flat=True))
    hint = f'; did you mean "{near}"?' if near else "; register it first (manage.py register_pipeline FILE)"
    return f'no pipeline is registered as "{pipeline_id}"{hint}'
