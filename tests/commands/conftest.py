"""Fixtures of the command tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use

Write = Callable[..., str]

ECHO = """
name: greeting
inputs: {name: string}
tasks:
  - name: greet
    type: echo
    parameters: {text: "Hello {input.name}"}
  - name: shout
    type: echo
    dependencies: [greet]
    parameters: {text: "{greet_output.text}!"}
global_parameters:
  output_mapping: {said: shout_output.text}
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file; returns its path."""

    def put(text: str | bytes = ECHO, name: str = "pipeline.yaml") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return str(path)

    return put


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.ORCHESTRATION` for this test."""

    def change(**fields: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)

    return change
