"""The examples of docs/task-types.md are one pipeline that can be registered."""

import re
from pathlib import Path

import pytest

from orchestration.definition import Pipeline, TaskTypeSpec, register_task_type, task_types

PAGE = Path(__file__).parents[2] / "docs" / "task-types.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_examples_of_the_page_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_types, "_registered", {})
    register_task_type(TaskTypeSpec("risk_score", "", parameters=None, model="optional"))
    checked = Pipeline.check("name: examples\ntasks:\n" + "".join(BLOCKS), format="yaml")
    assert (len(BLOCKS), list(checked.problems)) == (6, [])
