from typing import Any

import pytest

from orchestration.definition import TaskConfig, task_types
from orchestration.exceptions import InvalidParameters
from orchestration.handlers import catalog
from orchestration.handlers.base import TaskContext
from tests.handlers.running import run


def measure(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Measures."""
    return {"length": len(input_data["text"]), "unit": task_config["parameters"]["unit"]}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_registered", {})
    monkeypatch.setattr(task_types, "_registered", {})
    catalog.register_task_handler("measure_text", measure)


@pytest.mark.usefixtures("registered")
def test_the_named_handler_runs_with_the_task_and_its_input() -> None:
    output = run("custom", {"handler": "measure_text", "unit": "characters"}, {"text": "four"})
    assert output == {"length": 4, "unit": "characters"}


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "name the handler to run"),
        ({"handler": None}, "name the handler to run"),
        ({"handler": "mesure_text"}, 'no handler "mesure_text" (did you mean "measure_text"?); it knows measure_text'),
        ({"handler": "os.system"}, "TASK_HANDLER_MODULES"),
        ({"handler": "custom"}, "write type: custom"),
        ({"handler": "extraction"}, "write type: extraction"),
    ],
)
def test_a_handler_that_cannot_be_run_is_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        run("custom", parameters)
    assert message in str(caught.value)
