"""docs/pipelines.md: its examples are valid, and its list of codes is complete."""

import re
from pathlib import Path

import pytest

import orchestration.definition
from orchestration.definition import Pipeline
from orchestration.definition.config import RESERVED_KEYS, PipelineConfig, RetryConfig, TaskConfig
from tests.definition.test_problems import DOUBTS, PLACED, WITHOUT_TEXT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pipelines.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(name:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0])
def test_the_examples_are_valid(example: str) -> None:
    assert Pipeline.check(example).problems == ()


def test_every_key_of_the_language_is_described() -> None:
    described = set(re.findall(r"`([a-z_]+)`", PAGE))
    keys = {name for model in (PipelineConfig, TaskConfig, RetryConfig) for name in model.model_fields}
    assert keys | {key for reserved in RESERVED_KEYS.values() for key in reserved} <= described


def test_every_code_is_described_and_tested() -> None:
    source = "".join(path.read_text() for path in Path(orchestration.definition.__path__[0]).glob("*.py"))
    table = PAGE[PAGE.index("### Error codes") :]
    described = {code for line in table.splitlines() for code in re.findall(r"`([a-z0-9_]+)`", line.split("|")[1:2][0:1][0] if "|" in line else "")}
    tested = {case[0] for case in (*PLACED, *WITHOUT_TEXT, *DOUBTS)}
    assert tested <= described
    assert {code for code in described if f'"{code}"' in source} >= tested
