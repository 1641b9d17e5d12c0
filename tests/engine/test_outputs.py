"""An execution's own output: mapped or from its last tasks, checked against the `outputs` schema."""

from typing import Any

import pytest

from orchestration.engine.blobs import load_value, store_value
from orchestration.models import Execution
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def finish(graph: flow.Graph, returned: dict[str, Any], **definition: Any) -> Execution:
    """Run an execution whose tasks have these outputs."""
    execution = flow.start(graph, **definition)
    who = flow.claimant()
    for _ in graph:
        claim = flow.take(who)
        flow.complete(claim, who, store_value(returned.get(claim.name, {"by": claim.name})))
    assert_sound(execution)
    return flow.reload(execution)


def test_without_a_mapping_the_output_holds_the_tasks_nobody_depends_on() -> None:
    ended = finish({"a": [], "b": ["a"], "c": ["a"]}, {})
    assert ended.output == {"b": {"by": "b"}, "c": {"by": "c"}}


def test_a_mapping_picks_and_names_values() -> None:
    mapping = {"first": "a_output.text", "all": "b_output", "word": "input.word", "tone": "global.tone"}
    ended = finish(
        {"a": [], "b": ["a"]},
        {"a": {"text": ["t", 1]}},
        global_parameters={"output_mapping": mapping, "tone": "dry"},
        input_data={"word": "{a_output.text}"},
    )
    assert ended.output == {"first": ["t", 1], "all": {"by": "b"}, "word": "{a_output.text}", "tone": "dry"}


def test_a_mapping_that_leads_nowhere_fails_the_execution_and_names_it() -> None:
    ended = finish({"a": []}, {}, global_parameters={"output_mapping": {"x": "a_output.nothing"}})
    assert ended.status == "failed"
    assert ended.output is None
    assert ended.error is not None
    assert ended.error["code"] == "unresolved_reference"
    assert ended.error["message"].startswith("global_parameters.output_mapping: {a_output.nothing} cannot be filled in")


@pytest.mark.parametrize("mapped", [True, False])
def test_an_output_that_does_not_fit_its_schema_fails_the_execution(mapped: bool) -> None:
    numbers = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    schema = numbers if mapped else {"type": "object", "properties": {"a": numbers}}
    given = {"global_parameters": {"output_mapping": {"n": "a_output.n"}}} if mapped else {}
    assert finish({"a": []}, {"a": {"n": 1}}, outputs=schema, **given).status == "completed"
    ended = finish({"a": []}, {"a": {"n": "one"}}, outputs=schema, **given)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error["code"] == "invalid_output"
    assert "the output does not fit the pipeline's `outputs` schema: " in ended.error["message"]
    assert "must be of type integer" in ended.error["message"]


def test_a_failed_execution_has_no_output() -> None:
    execution = flow.start({"a": [], "b": []})
    who = flow.claimant()
    flow.complete(flow.take(who), who)
    flow.fail(flow.take(who), who)
    assert flow.reload(execution).output is None


def test_large_and_awkward_values_come_through_a_mapping_as_they_were() -> None:
    value = {"large": "x" * 300_000, "odd": "a\x00b\ud800", "none": None}
    ended = finish({"a": []}, {"a": value}, global_parameters={"output_mapping": {"all": "a_output"}})
    assert load_value(ended.output) == {"all": value}


def test_large_outputs_of_last_tasks_stay_the_references_they_are() -> None:
    ended = finish({"a": []}, {"a": {"large": "x" * 300_000}})
    assert set((ended.output or {})["a"]) == {"$blob", "size"}
    assert load_value(ended.output) == {"a": {"large": "x" * 300_000}}
