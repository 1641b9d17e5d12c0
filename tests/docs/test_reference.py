"""`docs/reference` says what the code says, and the code says something about everything in it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from config.api.environment import ApiConfig
from config.environment import DjangoConfig
from docs import make_reference
from docs.writers import commands, definition, markdown, settings
from docs.writers.examples import EXAMPLES
from orchestration.conf import EnvironmentModel, OrchestrationConfig
from orchestration.definition import Pipeline
from orchestration.definition.config import PipelineConfig

TABLES: tuple[type[EnvironmentModel], ...] = (OrchestrationConfig, DjangoConfig, ApiConfig)
MODELS = dict(definition.models())
COMMANDS = commands.own_commands()
# Keys whose values mean something only inside a whole definition.
PLACED = {"custom"}


@pytest.mark.parametrize("name", make_reference.NAMES)
def test_a_document_is_what_the_code_says_today(name: str) -> None:
    written = (make_reference.FOLDER / f"{name}.md").read_text()
    assert written == make_reference.make(name), f"docs/reference/{name}.md is out of date: {make_reference.COMMAND}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_variable_says_what_it_means_and_has_a_row(table: type[EnvironmentModel]) -> None:
    variables = list(settings.read_variables(table))
    assert {v.field for v in variables} == set(table.model_fields) - settings.INTERNAL
    assert [v.name for v in variables if not v.meaning] == []
    assert {v.name for v in variables} <= settings.named_variables((make_reference.FOLDER / "settings.md").read_text())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_of_a_command_says_what_it_means(name: str) -> None:
    command, parser = commands.create_parser(name, COMMANDS[name])
    assert command.help
    assert [action.dest for action in commands.own_arguments(parser) if not action.help] == []


@pytest.mark.parametrize("title", MODELS)
def test_every_key_says_what_it_means(title: str) -> None:
    properties = MODELS[title].model_json_schema(by_alias=True)["properties"]
    assert [key for key, said in properties.items() if not said.get("description")] == []


@pytest.mark.parametrize("title", MODELS)
def test_every_key_has_an_example_that_is_valid(title: str) -> None:
    examples = [yaml.safe_load(example) for example in EXAMPLES[title]]
    for example in examples:
        assert accepts(MODELS[title], example)
    assert set(definition.keys_of(MODELS[title])) - {key for example in examples for key in example} == set()


def accepts(model: type[BaseModel], example: dict[str, Any]) -> bool:
    """Whether the language takes it; a whole pipeline is checked as one, with its task types."""
    if model is PipelineConfig:
        return Pipeline.check(example).problems == ()
    model.model_validate(example)
    return True


def test_the_headings_are_those_of_the_language() -> None:
    assert set(EXAMPLES) == set(MODELS) | PLACED


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "minLength": 1}, "text, not empty"),
        ({"type": "string", "minLength": 1, "maxLength": 200}, "text, 1 to 200 characters"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 31536000}, "number, at most 31,536,000, more than 0"),
        ({"enum": ["a", "", None, True]}, "`a` `true`"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": "array", "items": {"$ref": "#/$defs/Rule"}}, "list of [Rule](#rule)"),
        (
            {"type": "object", "additionalProperties": {"type": "number", "minimum": 0.5}},
            "mapping of names to number, at least 0.5",
        ),
    ],
)
def test_a_type_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert markdown.describe_type(schema) == words


def test_a_cell_never_ends_its_table_early() -> None:
    assert markdown.table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"


def test_what_is_out_of_date_is_named_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_reference, "FOLDER", tmp_path / "docs" / "reference")
    monkeypatch.setattr(make_reference, "NAMES", ("commands",))
    assert make_reference.main(["--check"]) == 1
    assert make_reference.main([]) == 0
    assert make_reference.main(["--check"]) == 0
