"""`definition.md`: every key of the definition language, from its models; examples from `docs/writers/examples.py`."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from common.short_schema import SHORT_TYPES
from docs.writers.examples import EXAMPLES
from docs.writers.markdown import code, describe_type, join, number, sentence, table
from orchestration.definition import limits
from orchestration.definition.caching import CacheConfig
from orchestration.definition.config import RESERVED_KEYS, PipelineConfig, RetryConfig, SlaConfig, TaskConfig
from orchestration.definition.parameters import Category, Rule
from orchestration.definition.review import ReviewConfig
from orchestration.definition.task_types import BUILT_IN, TaskTypeSpec

SECTIONS: dict[str, type[BaseModel]] = {
    "Pipeline": PipelineConfig,
    "Task": TaskConfig,
    "retry": RetryConfig,
    "cache": CacheConfig,
    "review": ReviewConfig,
    "sla": SlaConfig,
}
PARTS: dict[str, type[BaseModel]] = {"Category": Category, "Rule": Rule}
# Where the schema of a model is described, when its heading is not its name.
HEADINGS = {"TaskConfig": "Task", "RetryConfig": "retry", "CacheConfig": "cache", "ReviewConfig": "review"} | {
    "SlaConfig": "sla"
}
MODEL = {"required": "needs a `model`", "optional": "takes a `model`", "none": "takes no `model`"}


def write() -> str:
    return join(
        "# Definition language",
        "Every key that a pipeline's YAML, JSON or dictionary may have, as the models in `orchestration/definition`\n"
        "read it. [pipelines.md](../pipelines.md) explains the language, [task-types.md](../task-types.md) what the\n"
        "tasks do. Any text in `parameters` may hold placeholders, and a placeholder alone may stand for a value of\n"
        "any type.",
        *(_describe(title, model) for title, model in SECTIONS.items()),
        "## Task types",
        "What a task's `parameters` may be, by its `type`. A type of your own takes any.",
        *(_describe_type_of_task(spec) for spec in BUILT_IN.values()),
        *(_describe(title, model, "###") for title, model in PARTS.items()),
        join("## Types of the short form", SHORT_FORM, table(["type", "as JSON Schema"], _short_types())),
        join("## Keys for later", RESERVED, table(["of", "keys"], _reserved())),
        join("## Limits", table(["of a definition", "at most"], LIMITS)),
    )


SHORT_FORM = (
    "`inputs`, `outputs` and every `schema` take JSON Schema (draft 2020-12) or the short form, a mapping of\n"
    "names to these types; `[string]` is a list, a mapping is an object, and `?` after a type lets the field be\n"
    "absent or null."
)
RESERVED = "These are decided and not built; using one is a mistake that says so."
LIMITS = (
    ("bytes", number(limits.MAX_BYTES)),
    ("tasks", number(limits.MAX_TASKS)),
    ("values in all", number(limits.MAX_NODES)),
    ("levels of nesting", number(limits.MAX_DEPTH)),
)


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model of the language, by the heading it has here."""
    yield from SECTIONS.items()
    yield from ((spec.name, spec.parameters) for spec in BUILT_IN.values() if spec.parameters is not None)
    yield from PARTS.items()


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys as they are written in a definition."""
    return [info.alias or name for name, info in model.model_fields.items()]


def _describe(title: str, model: type[BaseModel], level: str = "##") -> str:
    # Pydantic's description of a model is its docstring.
    said = sentence(model.__doc__ or "")
    return join(f"{level} {title}", said, table(["key", "value", "default", "meaning"], _rows(model)), _examples(title))


def _describe_type_of_task(spec: TaskTypeSpec) -> str:
    said = f"It {spec.summary}; {MODEL[spec.model]}"
    said += f" (when not given: {code(spec.default_model)})." if spec.default_model else "."
    rows = table(["parameter", "value", "default", "meaning"], _rows(spec.parameters)) if spec.parameters else ""
    return join(f"### {spec.name}", said, rows, _examples(spec.name))


def _rows(model: type[BaseModel]) -> Iterator[list[str]]:
    schema = model.model_json_schema(by_alias=True)
    required = set(schema.get("required", ()))
    for key, part in schema["properties"].items():
        default = "required" if key in required else _default(part)
        yield [code(key), _link_headings(describe_type(part)), default, sentence(part.get("description", ""))]


def _link_headings(words: str) -> str:
    for name, heading in HEADINGS.items():
        words = words.replace(f"[{name}](#{name.lower()})", f"[{heading}](#{heading.lower()})")
    return words


def _default(part: Mapping[str, Any]) -> str:
    value = part.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(number(value) if isinstance(value, float) else value)


def _examples(title: str) -> str:
    return join(*(f"```yaml\n{example.strip()}\n```" for example in EXAMPLES.get(title, ())))


def _short_types() -> Iterator[list[str]]:
    for name, schema in SHORT_TYPES.items():
        yield [code(name), describe_type(schema) if schema else "anything"]


def _reserved() -> Iterator[list[str]]:
    for of, keys in RESERVED_KEYS.items():
        yield [of, " ".join(code(key) for key in sorted(keys))]
