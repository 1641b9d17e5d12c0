"""`settings.md`: every environment variable, from the typed tables that read them.

A variable is a field; its meaning is the docstring below it, its kind the annotation's name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from config.api.environment import ApiConfig
from config.environment import DjangoConfig
from docs.writers.markdown import code, describe_type, join, sentence, table
from orchestration.conf import BASE_DIR, EnvironmentModel, OrchestrationConfig
from orchestration.definition.described import fields_in_source

# Fields that are no variables for people: set by the process itself.
INTERNAL = {"redis_configured", "database_pool"}
REST = ""
GROUPS: tuple[tuple[str, type[EnvironmentModel], tuple[str, ...]], ...] = (
    ("Where things are", OrchestrationConfig, ("data_dir", "site_url")),
    ("Redis and Celery", OrchestrationConfig, ("redis_", "celery_")),
    ("Models", OrchestrationConfig, ("model_", "task_handler_modules", "openai_", "anthropic_", "ollama_")),
    ("Result cache", OrchestrationConfig, ("cache_",)),
    ("Human review", OrchestrationConfig, ("hitl_", "audit_", "email_")),
    ("Monitoring", OrchestrationConfig, ("monitoring_", "metrics_", "alert_", "log_")),
    ("Execution", OrchestrationConfig, (REST,)),
    ("Django and the web server", DjangoConfig, (REST,)),
    ("REST", ApiConfig, (REST,)),
)
# What the names of annotations say to people; any other is described by its JSON Schema.
KINDS = {
    "Size": "bytes, such as `65536`, `64MB`, `1GiB`",
    "PositiveInt": "whole number, at least 1",
    "PositiveInt | None": "whole number, at least 1",
    "PositiveSeconds": "seconds",
    "CommaSeparated": "list by commas",
    "TaskQueues": "pairs `type:queue` by commas",
    "Routes": "pairs `name=target` by commas",
    "Key": "secret, never shown",
    "ServiceUrl": "address",
    "Rate": "such as `600/minute`, or `off`",
    "Path": "folder",
    "Path | None": "folder",
    "StructuredOutput": "`tool` `native` `prompted`",
}
UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True)
class Variable:
    """One environment variable as its table has it."""

    field: str
    info: FieldInfo
    annotation: str
    """As it stands in the source."""
    meaning: str
    schema: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.field.upper()

    @property
    def default(self) -> str:
        value = self.info.get_default(call_default_factory=True, validated_data={})
        if value is None or value in ("", (), Path()) or value == {}:
            return ""
        if isinstance(value, Path):
            return code(f"{value.relative_to(BASE_DIR)}/")
        if isinstance(value, tuple):
            return code(",".join(value))
        if self.annotation == "Size":
            return code(_size(value))
        return code(str(value).lower() if isinstance(value, bool) else value)

    @property
    def values(self) -> str:
        if self.annotation in KINDS:
            return KINDS[self.annotation]
        if self.info.repr is False:
            return f"{'address' if self.field.endswith('_url') else 'secret'}, never shown"
        return describe_type(self.schema)


def write() -> str:
    seen: set[str] = set()
    parts = []
    for title, model, prefixes in GROUPS:
        variables = [v for v in read_variables(model) if v.name not in seen and v.field.startswith(prefixes)]
        seen |= {variable.name for variable in variables}
        rows = ([code(v.name), v.default or "none", v.values, v.meaning] for v in variables)
        parts.append(join(f"## {title}", table(["variable", "default", "value", "meaning"], rows)))
    return join(
        "# Settings",
        "Every environment variable, as `orchestration/conf.py`, `config/environment.py` and\n"
        "`config/api/environment.py` read it once at start. An empty one counts as not set; a bad value stops the\n"
        "start and is named.\n"
        "[configuration.md](../configuration.md) says which to set for what.",
        *parts,
    )


def read_variables(model: type[EnvironmentModel]) -> Iterator[Variable]:
    """The variables of a table, in its order."""
    properties = model.model_json_schema()["properties"]
    for field, annotation, said in fields_in_source(model):
        if field not in INTERNAL:
            info = model.model_fields[field]
            yield Variable(field, info, annotation, sentence(said), properties[field])


def _size(size: int) -> str:
    """In the unit that needs the fewest digits."""
    exact = (f"{size // unit}{name}" for unit, name in UNITS if size % unit == 0)
    return min(exact, key=len, default=str(size))


def named_variables(page: str) -> set[str]:
    """The variables that a written page has a row for."""
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \|", page, re.MULTILINE))
