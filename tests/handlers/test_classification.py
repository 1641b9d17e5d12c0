from typing import Any

import pytest

from orchestration.exceptions import InvalidParameters
from orchestration.providers.base import UnsupportedOperation
from tests.handlers.running import make_context, run

CATEGORIES = ["legal", "financial", "technical"]
INVOICE = "Invoice for March. Amount due: 1,200.00 EUR plus VAT. Payment within 30 days to the bank account below."
OUTAGE = "The server crashed after the software deployment; the database cluster lost its network connection."


def classify(text: str, **parameters: Any) -> dict[str, Any]:
    return run("classification", {"categories": CATEGORIES, **parameters}, {"text": text}, model="local/classify")


@pytest.mark.parametrize(("text", "label"), [(INVOICE, "financial"), (OUTAGE, "technical")])
def test_a_text_gets_the_best_category(text: str, label: str) -> None:
    output = classify(text)
    assert (output["label"], output["labels"], output["reason"]) == (label, [label], None)


def test_scores_confidence_and_margin_agree() -> None:
    output = classify(INVOICE)
    best, second, _ = sorted(output["scores"].values(), reverse=True)
    assert output["scores"].keys() == set(CATEGORIES)
    assert output["confidence"] == pytest.approx(best)
    assert output["margin"] == pytest.approx(best - second)


@pytest.mark.parametrize(
    "categories",
    [
        {"bill": "an invoice that asks for payment of an amount due", "fault": "a crashed server or broken software"},
        [{"name": "bill", "examples": [INVOICE]}, {"name": "fault", "examples": [OUTAGE]}],
    ],
)
def test_descriptions_and_examples_tell_categories_apart(categories: Any) -> None:
    assert classify("Please pay the invoice: amount due 40 EUR.", categories=categories)["label"] == "bill"


@pytest.mark.parametrize(
    ("text", "threshold", "reason"),
    [
        ("", None, "the text is empty"),
        (" \n\t", 0.5, "the text is empty"),
        (INVOICE, 1.0, 'no category reached the threshold of 1; the best, "financial", has 0.'),
        ("zzyzx qwxk", None, "nothing in the text speaks for any of the categories"),
    ],
)
def test_without_a_label_the_output_says_why(text: str, threshold: float | None, reason: str) -> None:
    output = classify(text, **({} if threshold is None else {"threshold": threshold}))
    assert (output["label"], output["labels"]) == (None, [])
    assert output["reason"].startswith(reason)


def test_with_multi_label_a_text_may_get_several() -> None:
    output = classify(f"{INVOICE} {OUTAGE}", multi_label=True, threshold=0.4)
    assert set(output["labels"]) == {"financial", "technical"}


def test_with_multi_label_a_category_must_be_likelier_than_not() -> None:
    output = classify("See you at lunch.", multi_label=True)
    assert output["reason"].startswith("no category reached the threshold of 0.5")


def test_parameters_the_model_has_no_use_for_are_named() -> None:
    assert classify(INVOICE, instructions="look at the amounts")["ignored"] == ["instructions"]


@pytest.mark.parametrize("text", ["a\x00b\ud800", "发票 应付金额", "x" * 1_200_000])
def test_awkward_texts_are_classified(text: str) -> None:
    assert classify(text)["truncated"] is (len(text) > 1_000_000)


def test_several_texts_are_classified_each_by_itself() -> None:
    context = make_context("local/classify")
    parameters = {"categories": CATEGORIES, "texts": [INVOICE, "", OUTAGE], "instructions": "look at the amounts"}
    output = run("classification", parameters, {"text": "another"}, context=context)
    assert [result["label"] for result in output["results"]] == ["financial", None, "technical"]
    assert output["results"][1]["reason"] == "the text is empty"
    assert output["ignored"] == ["instructions"]
    assert context.usage == {"characters": len(INVOICE) + len(OUTAGE)}
    assert context.model == "local/classify"


def test_a_model_without_classes_of_its_own_needs_categories() -> None:
    with pytest.raises(InvalidParameters, match="local/classify knows none of its own; say which there are"):
        run("classification", {"text": INVOICE}, model="local/classify")


def test_a_model_of_texts_takes_no_features() -> None:
    with pytest.raises(InvalidParameters, match="features: local/classify works on a text"):
        run("classification", {"categories": CATEGORIES, "features": {"amount": 3}}, model="local/classify")


def test_usage_is_recorded() -> None:
    context = make_context("local/classify")
    run("classification", {"categories": CATEGORIES}, {"text": INVOICE}, context=context)
    assert context.usage == {"characters": len(INVOICE)}


def test_a_model_for_something_else_says_which_can() -> None:
    with pytest.raises(UnsupportedOperation, match='"local/extract" cannot do classification; use local/classify'):
        run("classification", {"categories": CATEGORIES}, {"text": "x"}, model="local/extract")
