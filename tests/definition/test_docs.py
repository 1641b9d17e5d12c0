"""docs/pipelines.md: its examples are valid, and its list of codes is complete."""

import re
from pathlib import Path

import pytest

from orchestration.definition import Pipeline
from orchestration.definition.config import RESERVED_KEYS, PipelineConfig, RetryConfig, TaskConfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pipelines.md").read_text()
PACKAGE = ROOT / "orchestration" / "definition"
DESCRIBED = {
    code
    for row in PAGE[PAGE.index("### Error codes") : PAGE.index("At run time a placeholder")].splitlines()[4:]
    for code in re.findall(r"`([a-z0-9_]+)`", row.partition("|")[2].partition("|")[0])
}
# Where the package reports a problem, or has its code in a table.
REPORTED = r"(?:code =|add|add_at|warn|_problem|_stop|JsonFault|PydanticCustomError|_checked|return|\": \()"
CODE = re.compile(REPORTED + r"\(?\s*\"([a-z0-9]+_[a-z0-9_]+|tag|empty)\"(?:,| if)")
EXAMPLES = re.findall(r"^```yaml\n(name:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0])
def test_the_examples_are_valid(example: str) -> None:
    assert Pipeline.check(example).problems == ()


def test_every_key_of_the_language_is_described() -> None:
    described = set(re.findall(r"`([a-z_]+)`", PAGE))
    keys = {name for model in (PipelineConfig, TaskConfig, RetryConfig) for name in model.model_fields}
    assert keys | {key for reserved in RESERVED_KEYS.values() for key in reserved} <= described


def test_every_code_is_described_and_tested() -> None:
    raised = set(CODE.findall("".join(path.read_text() for path in PACKAGE.glob("*.py"))))
    tested = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert raised == DESCRIBED
    assert [code for code in sorted(DESCRIBED) if f'"{code}"' not in tested] == []
