"""Models whose keys say what they mean in the docstring below each, as their JSON Schema repeats it.

Pydantic's `use_attribute_docstrings` does the same for every model at each start of every process, a twelfth of the
start; here the source is read when somebody wants a schema.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler


class Described(BaseModel):
    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in _meanings(cls).items():
            properties[cls.model_fields[name].alias or name].setdefault("description", text)
        return schema


@cache
def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """Field → the docstring below it, those of the bases included; nothing of a model without a source file."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= {name: text for name, _, text in fields_in_source(base) if text and name in model.model_fields}
    return found


def fields_in_source(model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    """(field, its annotation as written, the docstring below it or "") of a class's own fields, in their order."""
    try:
        source = inspect.getsource(model)
    except (OSError, TypeError):  # typed at a prompt, made by a program
        return
    body = next(node.body for node in ast.walk(ast.parse(dedent(source))) if isinstance(node, ast.ClassDef))
    for field, below in pairwise([*body, ast.Pass()]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            text = inspect.cleandoc(said) if isinstance(said, str) else ""
            yield field.target.id, ast.unparse(field.annotation), text
