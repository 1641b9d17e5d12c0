from typing import Any

import pytest

from orchestration.exceptions import InvalidParameters
from orchestration.providers.base import UnsupportedOperation
from tests.handlers.running import make_context, run

REPORT = """The cold store failed on Tuesday night. A compressor stopped and the temperature rose by nine degrees.
The alarm reached nobody because the telephone number was out of date. Two hundred crates of fish were lost.
The compressor has been replaced. The telephone number of the alarm is now checked every month.
The staff had tea."""


def summarize(input_data: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    return run("text_generation", parameters, input_data, model="local/summarize")


def test_a_summary_is_made_of_sentences_of_the_text() -> None:
    output = summarize({"text": REPORT}, max_sentences=2)
    assert 0 < len(output["text"]) < len(REPORT)
    assert len(output["sentences"]) == 2
    for sentence in output["sentences"]:
        assert REPORT[sentence["start"] : sentence["end"]].split() == sentence["text"].split()


def test_keywords_are_text_and_a_list_with_scores() -> None:
    output = run("text_generation", {"max_keywords": 4}, {"text": REPORT}, model="local/keywords")
    words = [keyword["text"] for keyword in output["keywords"]]
    assert 0 < len(words) <= 4
    assert output["text"] == ", ".join(words)


@pytest.mark.parametrize(
    "parameters",
    [
        {"input": "Short words."},
        {"prompt": "Short words."},
        {"prompt_template": "Short words."},
        {"prompt": "Shorten this", "input": "Short words."},
        {},
    ],
)
def test_the_text_is_the_input_or_the_prompt_or_found(parameters: dict[str, Any]) -> None:
    given = {"text": "Other words."} if parameters else {"text": "Short words."}
    assert summarize(given, **parameters)["text"] == "Short words."


@pytest.mark.parametrize("name", ["prompt", "prompt_template", "input"])
def test_a_parameter_filled_in_with_null_is_an_empty_text(name: str) -> None:
    assert summarize({"text": REPORT}, **{name: None})["text"] == ""


def test_parameters_the_model_has_no_use_for_are_named() -> None:
    output = summarize(prompt="Be brief", input=REPORT, system="You are terse", temperature=0.5, max_sentences=1)
    assert output["ignored"] == ["prompt", "system", "temperature"]


def test_usage_is_recorded() -> None:
    context = make_context("local/keywords")
    run("text_generation", {"input": REPORT}, context=context)
    assert context.usage == {"characters": len(REPORT)}


@pytest.mark.parametrize("model", ["local/summarize", "local/keywords"])
@pytest.mark.parametrize("text", ["", "a\x00b\ud800", "发票号码", "word 1 " * 150_000])
def test_awkward_texts_are_worked_on(model: str, text: str) -> None:
    output = run("text_generation", {"input": text}, model=model)
    assert isinstance(output["text"], str)
    assert output["truncated"] is (len(text) > 1_000_000)


def test_without_prompt_and_text_it_fails() -> None:
    with pytest.raises(InvalidParameters, match=r'such as input: "\{input'):
        summarize({"pages": []})


def test_a_model_for_something_else_says_which_can() -> None:
    with pytest.raises(UnsupportedOperation, match="text_generation; use local/summarize or local/keywords"):
        run("text_generation", {"prompt": "x"}, model="local/extract")
