"""Definitions and hypothesis strategies that the tests of this package share."""

from typing import Any

from hypothesis import strategies as st

from orchestration.definition import TaskTypeSpec, references, register_task_type

# Takes anything: for definitions that are about something else.
register_task_type(TaskTypeSpec("sample", "takes anything", parameters=None, model="optional"))

# The two examples of the product description, as written there.
DOCUMENT_ANALYSIS: dict[str, Any] = {
    "name": "document_analysis",
    "description": "Analyze and extract information from documents",
    "version": "1.0.0",
    "tasks": [
        {
            "name": "extract_text",
            "type": "extraction",
            "model": "gpt-4",
            "parameters": {"schema": {"title": "string", "content": "string", "entities": "list"}},
            "timeout": 300,
            "cache_enabled": True,
        },
        {
            "name": "classify_document",
            "type": "classification",
            "model": "bert-base-uncased",
            "parameters": {"categories": ["legal", "financial", "technical"]},
            "dependencies": ["extract_text"],
            "timeout": 120,
        },
    ],
    "cache_ttl": 3600,
    "enable_monitoring": True,
}

CONTENT_GENERATION = """\
name: content_generation
description: Generate and refine content
version: 1.0.0
tasks:
  - name: generate_draft
    type: text_generation
    model: gpt-4
    parameters:
      max_tokens: 2000
      temperature: 0.7
    timeout: 300
    cache_enabled: true
  
  - name: refine_content
    type: text_generation
    model: gpt-4
    parameters:
      prompt_template: "Refine: {generate_draft_output.text}"
      temperature: 0.5
    dependencies: [generate_draft]
    timeout: 300

global_parameters:
  output_mapping:
    final_content: refine_content_output.text
cache_ttl: 1800
enable_monitoring: true
"""  # noqa: W293  # the blank line with two spaces stands so in the description


def task(name: str = "a", *dependencies: str, **more: Any) -> dict[str, Any]:
    """A valid task that takes any parameters."""
    return {"name": name, "type": "sample", "dependencies": list(dependencies), **more}


def pipeline(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "p", "tasks": list(tasks) or [task()], **more}


def with_parameters(**parameters: Any) -> dict[str, Any]:
    return pipeline(task(parameters=parameters))


# Text that can be stored: no NUL, no lone surrogates.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"input", "global", "item", "index"} and not name.endswith("_output")
)
seconds = st.integers(1, 10_000) | st.floats(0.001, 10_000)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Valid definitions: any graph without circles, any parameters, some keys left out."""
    found = draw(st.lists(names, min_size=1, max_size=6, unique_by=str.casefold))
    tasks = []
    for index, name in enumerate(found):
        optional = {"timeout": seconds, "description": text, "cache_enabled": st.booleans(), "parameters": parameters}
        optional["queue"] = st.sampled_from(["default", "io", "gpu-2.large"])
        more = draw(st.fixed_dictionaries({}, optional=optional))
        earlier = draw(st.lists(st.sampled_from(found[:index]), unique=True)) if index else []
        tasks.append({"name": name, "type": "sample", "dependencies": earlier, **more})
    header = {"description": text, "cache_ttl": seconds, "labels": st.dictionaries(text.filter(bool), text, max_size=3)}
    return {"name": "p", "tasks": draw(st.permutations(tasks)), **draw(st.fixed_dictionaries({}, optional=header))}


# Random placeholders would refer to nothing; text with braces is tested where templates are.
parameters = st.dictionaries(text, json_values, max_size=3).filter(lambda found: not references(found))

_keys = st.sampled_from(
    "name description version tasks cache_ttl global_parameters inputs outputs labels timeout max_parallel type model "
    "parameters dependencies retry schema categories rules field expression pattern prompt output_mapping when "
    "properties $ref items enum required additionalProperties patternProperties".split()
)
_words = st.sampled_from(
    "a b input extraction classification validation text_generation sample {a_output.x} {input} {b.c|default(1)} "
    "string money? object # #/x ( a==1 a_output.text".split()
)
_anything = st.recursive(
    _words | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys | st.text(max_size=3), inner, max_size=6),
    max_leaves=25,
)
_task_like = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "a_output"]), "type": _words, "parameters": st.dictionaries(_keys, _anything)},
    optional={"dependencies": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3), "timeout": _anything},
)
# What a person may write: keys and words of the language in places where they do not belong.
nonsense = _anything | st.fixed_dictionaries(
    {"name": _words, "tasks": st.lists(_task_like | _anything, max_size=4)},
    optional=dict.fromkeys(["version", "inputs", "outputs", "global_parameters", "labels", "timeout"], _anything),
)
