"""An execution's own output, put together from its tasks' outputs when the last one completes."""

from typing import Any

from common.errors import UnstorableValue
from orchestration.definition import TemplateError, expand_schema, render, schema_problems
from orchestration.engine.blobs import load_value, store_value
from orchestration.engine.scope import StoredValues, build_scope
from orchestration.engine.versions import pipeline_of, result_task
from orchestration.models import Execution, TaskRun

Error = dict[str, Any]


def assemble(execution: Execution) -> tuple[Any, Error | None]:
    """(stored output, None), or (None, why there is none).

    `output_mapping` names the values; without it the output holds the outputs of the tasks nobody depends on.
    """
    pipeline = pipeline_of(execution.version_id)
    mapping = pipeline.config.output_mapping
    if not mapping:
        sinks = TaskRun.objects.filter(execution=execution, name__in=pipeline.graph.sinks).order_by("position")
        # Large values stay the references they are.
        stored: Any = {row.name: row.output for row in sinks}
        return _checked(stored, pipeline.config.outputs)
    templates = {name: "{" + reference + "}" for name, reference in mapping.items()}
    try:
        value = render(templates, build_scope(StoredValues(execution.pk), pipeline, needed=templates))
        return _checked(store_value(value), pipeline.config.outputs)
    except (TemplateError, UnstorableValue) as error:
        return None, {"code": error.code, "message": f"global_parameters.output_mapping: {error}", "task": None}


def known_output(version_id: int, task: str, stored: Any) -> Any:
    """The execution's output (never None) if it follows from this one task's stored output alone, else None."""
    return {task: stored} if result_task(version_id) == task else None


def _checked(stored: Any, schema: dict[str, Any] | None) -> tuple[Any, Error | None]:
    if schema is None:
        return stored, None
    problems = schema_problems(load_value(stored), expand_schema(schema))
    if not problems:
        return stored, None
    pointer, message = problems[0]
    text = f"the output does not fit the pipeline's `outputs` schema: {pointer or '/'}: {message}"
    return None, {"code": "invalid_output", "message": text, "task": None, "problems": problems}
