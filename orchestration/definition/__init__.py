"""The definition language: what a pipeline is, how it is written, and everything that can be wrong with it.

Pure Python: no Django, no clock, no input or output but `Pipeline.from_file`. `docs/pipelines.md` describes the
language.
"""

from common.json_schema import schema_problems
from common.short_schema import SchemaError, expand_schema
from orchestration.definition.conditions import Condition, ConditionError
from orchestration.definition.config import PipelineConfig, RetryConfig, TaskConfig
from orchestration.definition.editor_schema import pipeline_json_schema
from orchestration.definition.graph import Graph
from orchestration.definition.pipeline import CheckResult, Pipeline
from orchestration.definition.problems import DefinitionError, Problem
from orchestration.definition.task_types import (
    TaskTypeSpec,
    known_task_types,
    load_task_types_with,
    register_task_type,
)
from orchestration.definition.templates import Reference, TemplateError, references, render, resolve_reference

__all__ = [
    "CheckResult",
    "Condition",
    "ConditionError",
    "DefinitionError",
    "Graph",
    "Pipeline",
    "PipelineConfig",
    "Problem",
    "Reference",
    "RetryConfig",
    "SchemaError",
    "TaskConfig",
    "TaskTypeSpec",
    "TemplateError",
    "expand_schema",
    "known_task_types",
    "load_task_types_with",
    "pipeline_json_schema",
    "references",
    "register_task_type",
    "render",
    "resolve_reference",
    "schema_problems",
]
