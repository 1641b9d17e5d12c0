"""Pipeline: the ways in and out, equality, and that nothing given to `check` makes it raise."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from orchestration.definition import (
    DefinitionError,
    Pipeline,
    PipelineConfig,
    RetryConfig,
    TaskConfig,
    TaskTypeSpec,
    register_task_type,
)
from orchestration.definition import task_types as task_type_module
from tests.definition.sources import (
    CONTENT_GENERATION,
    DOCUMENT_ANALYSIS,
    definitions,
    json_values,
    nonsense,
    pipeline,
    task,
)


def test_the_dictionary_of_the_product_description_is_valid() -> None:
    found = Pipeline(DOCUMENT_ANALYSIS)
    assert found.graph.order == ("extract_text", "classify_document")
    assert found.config.cache_ttl == 3600
    assert found.warnings == ()


def test_the_yaml_of_the_product_description_is_valid() -> None:
    found = Pipeline.from_yaml(CONTENT_GENERATION)
    assert found.version == "1.0.0"
    assert found.config.output_mapping == {"final_content": "refine_content_output.text"}
    assert found.config.globals == {}


def test_yaml_json_and_dict_of_the_same_thing_are_equal() -> None:
    found = Pipeline(DOCUMENT_ANALYSIS)
    assert found == Pipeline.from_yaml(found.to_yaml()) == Pipeline.from_json(json.dumps(DOCUMENT_ANALYSIS))
    assert len({found, Pipeline.from_yaml(found.to_yaml())}) == 1


def test_the_digest_of_a_definition_never_changes() -> None:
    """Stored versions are found by it, in later releases too."""
    assert (
        Pipeline.load(pipeline(task(type="custom"))).digest
        == "9ffe232ed740cb4218e59cfb8f990ac7a51dd527bd747cbdb21a1068d8f05912"
    )


def test_the_digest_ignores_key_order_and_written_out_defaults() -> None:
    plain = pipeline(task("a", timeout=5))
    wordy = {"enable_monitoring": True, "tasks": [{"timeout": 5.0, "retry": {"factor": 2}, **task()}], "name": "p"}
    assert Pipeline(plain).digest == Pipeline(wordy).digest


@pytest.mark.parametrize("change", [{"version": "2"}, {"name": "q"}, {"cache_ttl": 1}, {"description": "x"}])
def test_the_digest_changes_with_the_content(change: dict[str, Any]) -> None:
    assert Pipeline(pipeline()).digest != Pipeline(pipeline() | change).digest


@given(definitions())
def test_a_valid_definition_survives_every_format(definition: dict[str, Any]) -> None:
    found = Pipeline(definition)
    assert Pipeline.from_yaml(found.to_yaml()) == found
    assert Pipeline.from_json(found.to_json()) == found
    assert Pipeline.load(found.to_dict()) == found
    assert Pipeline(found.config) == found


@given(json_values)
def test_any_json_value_survives_yaml(value: Any) -> None:
    parameters = {"value": json.dumps(value) if "{" in json.dumps(value) else value}
    found = Pipeline.check(pipeline(task(parameters=parameters))).pipeline
    if found is not None:
        assert Pipeline.from_yaml(found.to_yaml()).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    "text", ["no", "on", "2024-01-02", "0o17", "0x1f", "1_000", "1e5", ".5", "~", "null", "=", "<<", "1:30"]
)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    found = Pipeline(pipeline(task(parameters={"value": text})))
    assert Pipeline.from_yaml(found.to_yaml()).tasks[0].parameters["value"] == text


def test_the_canonical_form_leaves_defaults_out_and_is_plain_json() -> None:
    found = Pipeline(pipeline(task("a", timeout=300, labels={})))
    assert found.to_dict() == {"name": "p", "tasks": [{"name": "a", "type": "sample", "timeout": 300}]}
    assert json.loads(found.to_json()) == found.to_dict()


def test_an_aliased_part_is_written_out_in_full() -> None:
    found = Pipeline.from_yaml(
        "name: p\ntasks:\n- {name: a, type: sample, labels: &x {k: v}}\n- {name: b, type: sample, labels: *x}\n"
    )
    assert "&" not in found.to_yaml()
    assert found.tasks[1].labels == {"k": "v"}


@given(nonsense)
def test_checking_any_object_never_raises(value: Any) -> None:
    result = Pipeline.check(value)
    assert (result.pipeline is None) == bool(result.errors)
    json.dumps([problem.as_dict() for problem in result.problems], ensure_ascii=False).encode()


@given(st.text() | st.text(alphabet="{}[]:,-&*!|>'\"%@`?#\n\t ab01.~<"), st.sampled_from(["auto", "yaml", "json"]))
def test_checking_any_text_never_raises(text: str, written_as: Any) -> None:
    assert Pipeline.check(text, written_as).errors


@given(st.binary(), st.sampled_from(["auto", "yaml", "json"]))
def test_checking_any_bytes_never_raises(raw: bytes, written_as: Any) -> None:
    assert Pipeline.check(raw, written_as).errors


@pytest.mark.parametrize("source", [None, 5, object(), {1, 2}, [], Path("x"), True, b""])
def test_a_source_that_is_no_definition_is_a_problem(source: object) -> None:
    assert Pipeline.check(source).errors


def test_an_error_carries_every_problem_and_says_them() -> None:
    with pytest.raises(DefinitionError) as caught:
        Pipeline(pipeline(task("a", "b", timeout=-1)))
    assert [problem.code for problem in caught.value.problems] == ["out_of_range", "unknown_dependency"]
    assert caught.value.code == "invalid_definition"
    assert 'tasks[0] "a": unknown dependency "b"' in str(caught.value)


def test_a_file_is_read_by_its_ending(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(CONTENT_GENERATION)
    (tmp_path / "p.json").write_text(json.dumps(DOCUMENT_ANALYSIS))
    (tmp_path / "p.txt").write_text(CONTENT_GENERATION)
    assert Pipeline.from_file(tmp_path / "p.yml") == Pipeline.from_file(str(tmp_path / "p.txt"))
    assert Pipeline.from_file(tmp_path / "p.json").name == "document_analysis"


def test_a_file_that_is_too_large_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(DefinitionError, match="larger than 1,000,000 bytes"):
        Pipeline.from_file(tmp_path / "p.yaml")


def test_a_stored_definition_loads_without_its_task_types() -> None:
    found = Pipeline.load({"name": "p", "tasks": [{"name": "a", "type": "not_here"}]})
    assert found.graph.order == ("a",)
    assert [problem.code for problem in found.validate()] == ["unknown_task_type"]


def test_a_registered_task_type_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_type_module, "_registered", {})
    register_task_type(TaskTypeSpec("custom_analysis", "analyses", None, "optional"))
    definition = pipeline({"name": "a", "type": "custom_analysis", "parameters": {"anything": 1}})
    assert Pipeline.check(definition).problems == ()


def test_a_registered_type_s_own_parameters_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Parameters(BaseModel):
        pairs: int = Field(multiple_of=2)
        note: str = ""

    monkeypatch.setattr(task_type_module, "_registered", {})
    register_task_type(TaskTypeSpec("pairing", "pairs", Parameters, "none"))
    result = Pipeline.check(pipeline({"name": "a", "type": "pairing", "parameters": {"pairs": 3, "note": 5}}))
    assert [(p.code, p.pointer) for p in result.problems] == [
        ("invalid_value", "/tasks/0/parameters/pairs"),
        ("wrong_type", "/tasks/0/parameters/note"),
    ]
    assert Pipeline.check(pipeline({"name": "a", "type": "pairing", "parameters": {"pairs": "{input.n}"}})).pipeline


@pytest.mark.parametrize("name", ["extraction", "", "a b", "é"])
def test_a_task_type_needs_a_free_and_writable_name(name: str) -> None:
    with pytest.raises(ValueError, match="task type"):
        register_task_type(TaskTypeSpec(name, "x", None, "none"))


def test_a_definition_does_not_change_with_the_dict_it_came_from() -> None:
    source = pipeline(task(parameters={"list": [1]}))
    found = Pipeline(source)
    source["tasks"][0]["parameters"]["list"].append(2)
    assert found.tasks[0].parameters == {"list": [1]}


def test_tuples_are_lists() -> None:
    assert Pipeline(pipeline(task(parameters={"v": (1, 2)}))).tasks[0].parameters == {"v": [1, 2]}


def test_a_task_reads_like_a_mapping() -> None:
    found = TaskConfig(name="a", type="sample", parameters={"x": 1})
    assert found["parameters"] == {"x": 1}
    assert "timeout" in found
    assert "nothing" not in found
    assert found.get("nothing", 5) == 5
    assert dict(found)["name"] == "a"
    assert {**found}["retry"] == RetryConfig()
    with pytest.raises(KeyError):
        found["nothing"]


def test_a_task_with_resolved_parameters_is_a_copy() -> None:
    found = TaskConfig(name="a", type="sample")
    assert found.model_copy(update={"parameters": {"x": 1}})["parameters"] == {"x": 1}
    assert found.parameters == {}


def test_a_config_can_be_written_in_python() -> None:
    config = PipelineConfig(name="p", tasks=(TaskConfig(name="a", type="sample"),))
    assert Pipeline(config) == Pipeline(pipeline())
    assert config.task("a").max_crashes == 3
    with pytest.raises(KeyError):
        config.task("b")


def test_it_shows_its_name_size_and_digest() -> None:
    found = Pipeline(pipeline())
    assert repr(found) == f"<Pipeline p 1.0.0: 1 task(s), {found.digest[:12]}>"


def test_flow_style_yaml_that_begins_like_json_is_read_when_the_format_is_guessed() -> None:
    checked = Pipeline.check("{'name': 'x', 'tasks': [{name: a, type: sample}]}")
    assert checked.problems == ()
    assert checked.pipeline is not None
