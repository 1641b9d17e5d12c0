"""`type: extraction`: finds the fields of a schema in a text.

Owns what the schema demands of an answer and the shape of the output. Finding is left to the model.
"""

from collections.abc import Awaitable, Mapping
from typing import Any

from common.short_schema import is_json_schema
from orchestration.definition import TaskConfig, expand_schema, schema_problems
from orchestration.definition.parameters import ExtractionParameters
from orchestration.exceptions import InvalidOutput, InvalidParameters
from orchestration.handlers.asking import when_answered
from orchestration.handlers.base import TaskContext
from orchestration.handlers.text import find_text
from orchestration.providers.base import ExtractionReply, ExtractionRequest
from orchestration.providers.catalog import get_provider

ADDED = ("_confidence", "_missing", "_truncated")
EMPTY: tuple[Any, ...] = (None, "", [], {})
MAX_SHOWN = 10


def extract(
    task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """The fields found, at the top level of the output, and what is to be known about them under `ADDED`."""
    parameters = ExtractionParameters.model_validate(task_config.parameters)
    schema = wanted(parameters.schema_)
    fields = _fields(schema)
    context.evidence.text = find_text(task_config, input_data)
    answer = get_provider(context.model).extract(
        ExtractionRequest(
            text=context.evidence.text,
            schema=schema,
            instructions=parameters.instructions,
            deadline_seconds=context.remaining_seconds,
            usage=context.usage,
        )
    )

    def finish(reply: ExtractionReply) -> dict[str, Any]:
        context.evidence.places = reply.places
        return _output(reply, schema, fields)

    return when_answered(answer, context, finish)


def _output(reply: ExtractionReply, schema: Mapping[str, Any], fields: list[str]) -> dict[str, Any]:
    _check(reply.value, schema, reply.model)
    return {
        **reply.value,
        "_confidence": dict(reply.confidence),
        "_missing": [name for name in fields if reply.value.get(name) in EMPTY],
        "_truncated": reply.truncated,
    }


def wanted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an extraction.

    A document owes nobody its title: in the short form every field may be null, at every level. JSON Schema is taken
    at its word.
    """
    expanded = expand_schema(schema)
    return expanded if is_json_schema(schema) else _relax(expanded, schema)


def _relax(expanded: dict[str, Any], short: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: _relax_field(expanded["properties"][name], kind) for name, kind in short.items()}
    return {**{key: value for key, value in expanded.items() if key != "required"}, "properties": properties}


def _relax_field(expanded: dict[str, Any], kind: Any) -> dict[str, Any]:
    if isinstance(kind, Mapping) and is_json_schema(kind):
        return expanded
    if isinstance(kind, Mapping):
        expanded = _relax(expanded, kind)
    elif isinstance(kind, list) and kind and isinstance(kind[0], Mapping) and not is_json_schema(kind[0]):
        expanded = {**expanded, "items": _relax(expanded["items"], kind[0])}
    if isinstance(expanded.get("type"), str):
        return {**expanded, "type": [expanded["type"], "null"]}
    return expanded


def _fields(schema: Mapping[str, Any]) -> list[str]:
    if schema.get("type", "object") != "object" or not schema.get("properties"):
        raise InvalidParameters(
            'schema: an extraction needs fields: {"title": "string", …}, or type: object with properties'
        )
    if taken := [name for name in schema["properties"] if name in ADDED]:
        raise InvalidParameters(f"schema: {', '.join(taken)} is a name the output uses itself; choose another")
    return list(schema["properties"])


def _check(value: Mapping[str, Any], schema: Mapping[str, Any], model: str) -> None:
    absent = [name for name in schema.get("required", ()) if name not in value]
    if absent:
        raise InvalidOutput(
            f"{model} did not find {', '.join(absent)}, which the schema requires; "
            'take them out of "required" if a document may lack them'
        )
    if problems := schema_problems(dict(value), schema):
        shown = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems[:MAX_SHOWN])
        raise InvalidOutput(f"what {model} found does not fit the schema: {shown}")
