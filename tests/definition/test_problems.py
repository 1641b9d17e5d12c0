"""Every problem of the language: its code, its place and its words."""

import pickle
from typing import Any

import pytest

from orchestration.definition import (
    ConditionError,
    DefinitionError,
    Pipeline,
    Problem,
    SchemaError,
    TemplateError,
)
from tests.definition.sources import pipeline, task, with_parameters

SIX_MISTAKES = """\
name: invoices
cache_tll: 60
tasks:
  - name: extract
    type: extractoin
    timeout: -5
  - name: refine
    type: text_generation
    model: local/summarize
    dependencies: [extrct]
    parameters:
      prompt: "Shorten {check_output.text}"
      max_tokens: many
  - name: check
    type: sample
"""

NOT_UPSTREAM = '"check" need not be completed before this task; add it to dependencies'


def test_six_mistakes_are_reported_at_once_each_with_its_line() -> None:
    assert [str(problem) for problem in Pipeline.check(SIX_MISTAKES).problems] == [
        'line 2, column 1: unknown key "cache_tll" (did you mean "cache_ttl"?)',
        'line 5, column 11: tasks[0] "extract": unknown task type "extractoin" (did you mean "extraction"?)',
        'line 6, column 14: tasks[0] "extract": timeout must be greater than 0, not the number -5',
        'line 10, column 20: tasks[1] "refine": unknown dependency "extrct" (did you mean "extract"?)',
        f'line 12, column 15: tasks[1] "refine": parameters.prompt: {{check_output.text}}: {NOT_UPSTREAM}',
        'line 13, column 19: tasks[1] "refine": parameters.max_tokens must be a whole number, not the text "many"',
    ]


def task_with(*lines: str) -> str:
    """A definition whose lines begin at line 5, column 3."""
    body = "".join(f"  {line}\n" for line in lines)
    return f"name: p\ntasks:\n- name: a\n  type: sample\n{body}"


def typed(kind: str, *lines: str) -> str:
    """The same for parameters, which begin at line 6, column 5."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"name: p\ntasks:\n- name: a\n  type: {kind}\n  parameters:\n{body}"


# Code, line, column, pointer and source.
PLACED: list[tuple[str, int, int, str, str]] = [
    ("missing_key", 1, 1, "/name", "tasks: []"),
    ("missing_key", 1, 1, "/tasks", "name: p"),
    ("missing_key", 3, 3, "/tasks/0/type", "name: p\ntasks:\n- name: a"),
    ("unknown_key", 5, 3, "/tasks/0/tpye", task_with("tpye: x")),
    ("reserved_key", 5, 3, "/tasks/0/when", task_with("when: x == 1")),
    ("reserved_key", 6, 8, "/tasks/0/parameters/v", typed("sample", 'v: "{item}"')),
    ("wrong_type", 2, 8, "/tasks", "name: p\ntasks: {a: {type: sample}}"),
    ("wrong_type", 5, 12, "/tasks/0/timeout", task_with('timeout: "5"')),
    ("wrong_type", 5, 12, "/tasks/0/timeout", task_with("timeout: true")),
    ("wrong_type", 5, 17, "/tasks/0/dependencies", task_with("dependencies: b")),
    ("wrong_type", 5, 18, "/tasks/0/cache_enabled", task_with("cache_enabled: yes")),
    ("wrong_type", 6, 18, "/tasks/0/parameters/multi_label",
     typed("classification", "multi_label: 1", "categories: [x]")),
    ("out_of_range", 5, 12, "/tasks/0/timeout", task_with("timeout: 0")),
    ("out_of_range", 5, 26, "/tasks/0/retry/max_attempts", task_with("retry:  {max_attempts: 0}")),
    ("out_of_range", 5, 10, "/tasks/0/retry", task_with("retry: {initial: 90}")),
    ("invalid_choice", 5, 19, "/tasks/0/retry/jitter", task_with("retry: {jitter: ful}")),
    ("invalid_length", 2, 8, "/tasks", "name: p\ntasks: []"),
    ("invalid_name", 1, 7, "/name", "name: a b\ntasks: [{name: a, type: sample}]"),
    ("invalid_name", 3, 9, "/tasks/0/name", "name: p\ntasks:\n- name: a-b\n  type: sample"),
    ("reserved_name", 3, 9, "/tasks/0/name", "name: p\ntasks:\n- name: input\n  type: sample"),
    ("duplicate_name", 5, 9, "/tasks/1/name", "name: p\ntasks:\n- name: a\n  type: sample\n- name: a\n  type: sample"),
    ("ambiguous_name", 4, 9, "/tasks/1/name",
     "name: p\ntasks:\n- {name: a, type: sample}\n- name: a_output\n  type: sample"),
    ("version_not_text", 2, 10, "/version", "name: p\nversion: 1.0\ntasks: [{name: a, type: sample}]"),
    ("unknown_task_type", 4, 9, "/tasks/0/type", "name: p\ntasks:\n- name: a\n  type: magic"),
    ("missing_model", 3, 3, "/tasks/0/model", "name: p\ntasks:\n- name: a\n  type: text_generation"),
    ("unknown_dependency", 5, 18, "/tasks/0/dependencies/0", task_with("dependencies: [b]")),
    ("self_dependency", 5, 18, "/tasks/0/dependencies/0", task_with("dependencies: [a]")),
    ("duplicate_dependency", 4, 45, "/tasks/1/dependencies/1",
     "name: p\ntasks:\n- {name: a, type: sample}\n- {name: b, type: sample, dependencies: [a, a]}"),
    ("dependency_cycle", 3, 42, "/tasks/0/dependencies/0",
     "name: p\ntasks:\n- {name: a, type: sample, dependencies: [b]}\n- {name: b, type: sample, dependencies: [a]}"),
    ("unknown_reference", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{user.name}'")),
    ("unknown_reference", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{b_output}'")),
    ("not_upstream", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{a_output.x}'")),
    ("bad_reference", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{input.x | upper}'")),
    ("bad_reference", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{input.x | default(none)}'")),
    ("unknown_global", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{global.tone}'")),
    ("unknown_input", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: '{input.txt}'") + "inputs: {text: string}\n"),
    ("unknown_key", 6, 5, "/tasks/0/parameters/shema", typed("extraction", "shema: {}", "schema: {a: string}")),
    ("missing_key", 6, 5, "/tasks/0/parameters/schema", typed("extraction", "text: x")),
    ("invalid_schema", 6, 17, "/tasks/0/parameters/schema/a", typed("extraction", "schema: {a: strin}")),
    ("invalid_schema", 1, 13, "/inputs/a", "inputs: {a: strin}\nname: p\ntasks: [{name: a, type: sample}]"),
    ("invalid_pattern", 6, 33, "/tasks/0/parameters/rules/0/pattern",
     typed("validation", "rules: [{field: a, pattern: '('}]")),
    ("invalid_expression", 6, 26, "/tasks/0/parameters/rules/0/expression",
     typed("validation", "rules: [{expression: a = 1}]")),
    ("invalid_path", 6, 21, "/tasks/0/parameters/rules/0/field",
     typed("validation", "rules: [{field: a b, required: true}]")),
    ("conflicting_keys", 6, 13, "/tasks/0/parameters/rules/0",
     typed("validation", "rules: [{field: a, expression: a == 1}]")),
    ("duplicate_name", 6, 17, "/tasks/0/parameters/categories", typed("classification", "categories: [x, x]")),
    ("bad_reference", 1, 41, "/global_parameters/output_mapping/x",
     "global_parameters: {output_mapping: {x: '{a_output}'}}\nname: p\ntasks: [{name: a, type: sample}]"),
    ("unknown_reference", 1, 41, "/global_parameters/output_mapping/x",
     "global_parameters: {output_mapping: {x: b_output.y}}\nname: p\ntasks: [{name: a, type: sample}]"),
    ("duplicate_key", 5, 3, "/tasks/0/name", task_with("name: b")),
    ("key_not_text", 5, 3, "/tasks/0/true", task_with("true: b")),
    ("merge_key", 5, 3, "/tasks/0/<<", task_with("<<: {model: x}")),
    ("tag", 5, 12, "/tasks/0/timeout", task_with("timeout: !!int '5'")),
    ("several_documents", 2, 1, "", "name: p\n---\nname: q"),
    ("bad_alias", 5, 10, "", task_with("model: *nowhere")),
    ("bad_character", 5, 10, "/tasks/0/model", task_with('model: "a\\0"')),
    ("bad_character", 2, 3, "", "name: p\n  \x07"),
    ("number_out_of_range", 5, 12, "/tasks/0/timeout", task_with("timeout: .inf")),
    ("number_out_of_range", 6, 8, "/tasks/0/parameters/v", typed("sample", "v: 99999999999999999999")),
    ("yaml_syntax", 2, 1, "", "name: p\n\ttasks: x"),
    ("json_syntax", 1, 13, "", '{"name": "p"]'),
    ("empty", 1, 1, "", "  \n"),
    ("not_utf8", 2, 7, "", "name: p\nmodel:\udcff"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "line", "column", "pointer", "source"), PLACED)
def test_a_problem_has_its_place(code: str, line: int, column: int, pointer: str, source: str) -> None:
    raw = source.encode("utf-8", "surrogateescape")
    found = [(p.code, p.line, p.column, p.pointer) for p in Pipeline.check(raw).errors]
    assert (code, line, column, pointer) in found


def custom(**parameters: Any) -> dict[str, Any]:
    return {"name": "a", "type": "custom", "parameters": parameters}


# Code, pointer and definition.
WITHOUT_TEXT: list[tuple[str, str, dict[Any, Any]]] = [
    ("not_json", "/tasks/0/parameters/v", with_parameters(v={1})),
    ("not_json", "/tasks/0/parameters/v/0", with_parameters(v=[object()])),
    ("key_not_text", "/tasks/0/parameters/v", with_parameters(v={1: 2})),
    ("number_out_of_range", "/tasks/0/parameters/v", with_parameters(v=float("nan"))),
    ("number_out_of_range", "/tasks/0/parameters/v", with_parameters(v=2**64)),
    ("bad_character", "/tasks/0/parameters/v", with_parameters(v="\ud800")),
    ("wrong_type", "/tasks/0", pipeline("x")),  # type: ignore[arg-type]  # the mistake tested
    ("wrong_type", "/global_parameters/output_mapping", pipeline(global_parameters={"output_mapping": []})),
    ("bad_reference", "/global_parameters/output_mapping/x", pipeline(global_parameters={"output_mapping": {"x": 1}})),
    ("missing_key", "/tasks/0/parameters/handler", pipeline({"name": "a", "type": "custom"})),
    ("wrong_type", "/tasks/0/parameters/handler", pipeline(custom(handler=["x"]))),
    ("invalid_value", "/tasks/0/parameters/handler", pipeline(custom(handler="extraction"))),
    ("missing_key", "/tasks/0/parameters/rules/0",
     pipeline({"name": "a", "type": "validation", "parameters": {"rules": [{"field": "x"}]}})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "pointer", "definition"), WITHOUT_TEXT)
def test_a_problem_of_a_dict_has_its_pointer(code: str, pointer: str, definition: dict[Any, Any]) -> None:
    assert (code, pointer) in [(problem.code, problem.pointer) for problem in Pipeline.check(definition).errors]


# Code, pointer and definition.
DOUBTS: list[tuple[str, str, dict[str, Any]]] = [
    ("similar_name", "/tasks/1/name", pipeline(task("a"), task("A"))),
    ("long_timeout", "/tasks/0/timeout", pipeline(task("a", timeout=10), timeout=5)),
    ("unused_model", "/tasks/0/model",
     pipeline({"name": "a", "type": "validation", "model": "x", "parameters": {"schema": {"a": "any"}}})),
    ("not_a_placeholder", "/tasks/0/parameters/v", with_parameters(v="{ input.x }")),
    ("not_a_placeholder", "/tasks/0/parameters/v", with_parameters(v="{inputs}")),
    ("not_a_placeholder", "/tasks/0/parameters/v", with_parameters(v="{a}")),
    ("not_a_placeholder", "/tasks/0/parameters/v", with_parameters(v="{input.x[-1]}")),
    ("unknown_handler", "/tasks/0/parameters/handler", pipeline(custom(handler="nowhere_registered"))),
    ("not_a_placeholder", "/global_parameters/g", pipeline(global_parameters={"g": "{input.x}"})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "pointer", "definition"), DOUBTS)
def test_a_doubt_is_a_warning_and_the_definition_stays_valid(
    code: str, pointer: str, definition: dict[str, Any]
) -> None:
    result = Pipeline.check(definition)
    assert [(problem.code, problem.pointer) for problem in result.warnings] == [(code, pointer)]
    assert result.pipeline is not None
    assert result.pipeline.warnings == result.problems


@pytest.mark.parametrize("handler", ["sample", "{input.handler}", "do_{input.kind}"])
def test_a_handler_that_is_known_or_chosen_by_a_placeholder_is_no_doubt(handler: str) -> None:
    assert Pipeline.check(pipeline(custom(handler=handler))).problems == ()


def test_a_handler_that_is_nearly_known_is_suggested() -> None:
    (problem,) = Pipeline.check(pipeline(custom(handler="sampel"))).problems
    assert problem.suggestion == "sample"


def test_a_broken_task_is_still_a_task_for_the_others() -> None:
    codes = [
        p.code
        for p in Pipeline.check(pipeline({"name": "a"}, task("b", "a", parameters={"v": "{a_output.x}"}))).problems
    ]
    assert codes == ["missing_key"]


def test_a_dict_that_contains_itself_is_a_problem() -> None:
    circular = pipeline()
    circular["tasks"].append(circular)
    assert [problem.code for problem in Pipeline.check(circular).problems] == ["too_deep"]


def test_a_dependency_named_like_an_output_suggests_the_task() -> None:
    assert [p.suggestion for p in Pipeline.check(pipeline(task("a"), task("b", "a_output"))).problems] == ["a"]


def test_a_placeholder_of_a_task_without_output_suggests_it() -> None:
    definition = pipeline(task("draft"), task("b", "draft", parameters={"v": "{draft.text}"}))
    assert [p.suggestion for p in Pipeline.check(definition).problems] == ["draft_output"]


def test_each_group_of_circular_tasks_is_reported_once_with_its_path() -> None:
    definition = pipeline(
        task("a", "b"), task("b", "c"), task("c", "a"), task("x", "y"), task("y", "x"), task("z", "a", "x")
    )
    messages = [p.message for p in Pipeline.check(definition).problems]
    assert [message.split(": ")[1].split(" (")[0] for message in messages] == ["a → b → c → a", "x → y → x"]


def test_a_reference_through_a_circle_is_still_checked() -> None:
    tasks = [
        task("root"),
        task("a", "b", "root"),
        task("b", "a"),
        task("c", "b", parameters={"v": "{root_output} {d_output}"}),
    ]
    codes = [p.code for p in Pipeline.check(pipeline(*tasks, task("d"))).problems]
    assert codes == ["dependency_cycle", "not_upstream"]


def test_a_placeholder_may_stand_for_a_value_of_any_type() -> None:
    definition = pipeline(
        {
            "name": "a",
            "type": "classification",
            "parameters": {
                "categories": "{input.c}",
                "multi_label": "{input.m}",
                "threshold": "{input.t | default(0.5)}",
            },
        },
        {"name": "b", "type": "validation", "parameters": {"rules": [{"field": "x", "minimum": "{input.min}"}]}},
        {"name": "c", "type": "extraction", "parameters": {"schema": {"x": "{input.type}"}}},
    )
    assert Pipeline.check(definition).problems == ()


def test_a_schema_with_several_faults_reports_each() -> None:
    result = Pipeline.check(pipeline(inputs={"a": "strin", "b": {"c": 5}}))
    assert [problem.pointer for problem in result.problems] == ["/inputs/a", "/inputs/b/c"]


def test_a_flood_of_warnings_hides_no_error() -> None:
    tasks = [task(f"t{index}", parameters={"v": "{ input.x }"}) for index in range(1_500)]
    result = Pipeline.check(pipeline(*tasks, task("last", timeout=-1)))
    assert [problem.code for problem in result.errors] == ["out_of_range"]
    assert len(result.warnings) == 1_000


def test_a_reader_s_problem_names_its_task_too() -> None:
    [problem] = Pipeline.check("name: p\ntasks:\n- {name: a, type: sample, type: sample}\n").problems
    assert str(problem).startswith('line 3, column 27: tasks[0] "a": type: the key is given twice')


def test_errors_survive_the_way_between_processes() -> None:
    errors = [
        DefinitionError(Pipeline.check("").problems),
        TemplateError("unresolved_reference", "a.b", "{a.b} cannot be filled in"),
        ConditionError("syntax", "expected a value", 3),
        SchemaError([(("a",), "unknown type")]),
    ]
    for error in errors:
        copy = pickle.loads(pickle.dumps(error))
        assert str(copy) == str(error)
        assert vars(copy) == vars(error)


def test_a_flood_of_problems_is_cut_off() -> None:
    assert len(Pipeline.check({f"k{index}": 1 for index in range(3_000)}).problems) == 1_000


def test_a_problem_says_its_place_and_suggestion() -> None:
    problem = Problem(
        "c", 'unknown dependency "draf"', line=7, column=5, pointer="/tasks/2", task="refine", suggestion="draft"
    )
    assert str(problem) == 'line 7, column 5: tasks[2] "refine": unknown dependency "draf" (did you mean "draft"?)'
    assert problem.as_dict()["severity"] == "error"


def test_json_problems_have_places_too() -> None:
    source = '{\n  "name": "p",\n  "tasks": [{"name": "a", "type": "sample", "tiemout": 5}]\n}'
    assert [(p.code, p.line, p.column) for p in Pipeline.check(source).problems] == [("unknown_key", 3, 45)]


def test_an_unknown_parameter_is_a_mistake_whatever_it_will_hold() -> None:
    parameters = {"prompt": "{input.text}", "text": "{input.text}"}
    found = Pipeline.check(pipeline(task("a", type="text_generation", model="local/summarize", parameters=parameters)))
    assert [(problem.code, problem.pointer) for problem in found.problems] == [
        ("unknown_key", "/tasks/0/parameters/text")
    ]


@pytest.mark.parametrize("source", ["name: p\ncache_ttl: 1e400\ntasks: [{name: a, type: sample}]",
                                    '{"name": "p", "cache_ttl": 1e400, "tasks": [{"name": "a", "type": "sample"}]}',
                                    pipeline(cache_ttl=float("inf"))])  # fmt: skip
def test_a_number_out_of_range_is_said_once(source: Any) -> None:
    assert [problem.code for problem in Pipeline.check(source).problems] == ["number_out_of_range"]


def test_what_other_tools_call_dependencies_is_understood() -> None:
    (problem,) = Pipeline.check(pipeline({"name": "a", "type": "sample", "depends_on": ["b"]})).problems
    assert problem.suggestion == "dependencies"
