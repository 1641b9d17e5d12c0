"""TASK_HANDLER_MODULES: when its modules are loaded, and what is said of one that cannot be."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration import Pipeline
from orchestration.conf import ConfigurationError
from orchestration.definition import pipeline_json_schema, task_types
from orchestration.handlers import catalog
from tests.commands.calling import call

HANDLERS = """
from orchestration import task_handler

@task_handler("sleeper")
def sleep(task_config, input_data, context):
    return {}
"""
SLEEPS = {"name": "sleeps", "tasks": [{"name": "sleep", "type": "sleeper"}]}
Name = Callable[[str], None]


@pytest.fixture
def name_module(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Name]:
    """Write `my_tasks.py` and set TASK_HANDLER_MODULES."""
    (tmp_path / "my_tasks.py").write_text(HANDLERS)
    (tmp_path / "bad_tasks.py").write_text("import nowhere_to_be_found")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalog, "_registered", dict(catalog._registered))
    monkeypatch.setattr(task_types, "_registered", dict(task_types._registered))
    monkeypatch.delitem(sys.modules, "my_tasks", raising=False)
    catalog._load.cache_clear()

    def name(module: str) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"task_handler_modules": (module,)})

    yield name
    catalog._load.cache_clear()


def test_a_definition_may_use_its_task_types_from_the_first_check_on(name_module: Name) -> None:
    name_module("my_tasks")
    assert Pipeline(SLEEPS).tasks[0].type == "sleeper"


def test_the_schema_for_editors_has_its_task_types(name_module: Name) -> None:
    name_module("my_tasks")
    assert "sleeper" in pipeline_json_schema()["$defs"]["TaskConfig"]["properties"]["type"]["enum"]


@pytest.mark.parametrize("module", ["nomod", "bad_tasks"])
def test_one_that_cannot_be_imported_is_named_with_its_variable(name_module: Name, module: str) -> None:
    name_module(module)
    with pytest.raises(ConfigurationError, match=rf'TASK_HANDLER_MODULES: the module "{module}" cannot be imported: '):
        Pipeline(SLEEPS)


def test_commands_say_so_in_one_sentence(name_module: Name, tmp_path: Path) -> None:
    name_module("nomod")
    (tmp_path / "p.yaml").write_text("name: p\ntasks: [{name: a, type: sleeper}]")
    called = call("validate_pipeline", str(tmp_path / "p.yaml"))
    assert (called.code, called.err.count("\n")) == (2, 1)
    assert "TASK_HANDLER_MODULES" in called.err


@pytest.mark.django_db
def test_doctor_calls_it_a_problem(name_module: Name) -> None:
    name_module("nomod")
    (check,) = [found for found in call("doctor", "--json").document["checks"] if found["name"] == "task handlers"]
    assert (check["status"], "nomod" in check["said"]) == ("problem", True)
