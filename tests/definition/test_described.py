"""Docstrings below the keys of a model become descriptions in its JSON Schema."""

from typing import Any

from pydantic import Field

from orchestration.definition.described import Described


class Base(Described):
    first: int = 0
    """What comes
    first."""
    silent: int = 0


class Further(Base):
    first: int = 1
    second: int = Field(0, alias="next")
    """What comes next."""
    own: int = Field(0, description="said otherwise")
    """Not this."""


def descriptions(model: type[Described]) -> dict[str, Any]:
    return {name: part.get("description") for name, part in model.model_json_schema()["properties"].items()}


def test_each_key_has_the_text_below_it() -> None:
    assert descriptions(Base) == {"first": "What comes\nfirst.", "silent": None}


def test_bases_aliases_and_what_a_field_says_itself_count() -> None:
    told = {"first": "What comes\nfirst.", "silent": None, "next": "What comes next.", "own": "said otherwise"}
    assert descriptions(Further) == told


def test_a_model_without_a_file_has_none() -> None:
    typed: dict[str, Any] = {"Described": Described, "__name__": "typed"}
    exec('class Typed(Described):\n    key: int = 0\n    """Never read."""\n', typed)
    assert descriptions(typed["Typed"]) == {"key": None}
