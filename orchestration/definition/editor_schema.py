"""The JSON Schema of the definition language itself, for editors: made from the models and the known task types."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from orchestration.definition.config import PipelineConfig
from orchestration.definition.task_types import TaskTypeSpec, installed_task_types

_PLACEHOLDER = {"type": "string", "pattern": r"\{[A-Za-z_].*\}", "description": "a placeholder"}


def pipeline_json_schema(task_types: Mapping[str, TaskTypeSpec] | None = None) -> dict[str, Any]:
    """A draft 2020-12 schema of a whole definition. Each task type brings the schema of its parameters."""
    types = installed_task_types() if task_types is None else task_types
    schema = PipelineConfig.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    task = definitions["TaskConfig"]
    task["properties"]["type"] |= {"enum": list(types)}
    task["allOf"] = [_rule_for(spec, definitions) for spec in types.values()]
    schema["required"] = [*schema["required"], "tasks"]
    schema["properties"]["tasks"] |= {"minItems": 1}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Pipeline definition"}


def _rule_for(spec: TaskTypeSpec, definitions: dict[str, Any]) -> dict[str, Any]:
    """What else holds for a task of this type."""
    then: dict[str, Any] = {"description": spec.summary}
    if spec.model == "required":
        then["required"] = ["model"]
    if spec.parameters is not None:
        then["properties"] = {"parameters": _parameters_schema(spec.parameters, definitions)}
        if any(field.is_required() for field in spec.parameters.model_fields.values()):
            then["required"] = [*then.get("required", ()), "parameters"]
    return {"if": {"properties": {"type": {"const": spec.name}}, "required": ["type"]}, "then": then}


def _parameters_schema(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    for name, part in schema.pop("$defs", {}).items():
        definitions[name] = _with_placeholders(part)
    return _with_placeholders(schema)


def _with_placeholders(schema: dict[str, Any]) -> dict[str, Any]:
    """The same object schema where a placeholder may stand for any value."""
    fields = {
        name: {**_description(part), "anyOf": [part, _PLACEHOLDER]}
        for name, part in schema.get("properties", {}).items()
    }
    return {**schema, "properties": fields} if fields else schema


def _description(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": part["description"]} if "description" in part else {}
