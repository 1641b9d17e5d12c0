"""Summaries are sentences of the text; keywords are words of it."""

import pytest

from orchestration.providers.local import keywords, summarize

REPORT = """# Incident report

Status: closed

The payment service was unavailable for forty minutes on Tuesday. Dr. Grey noticed it at 9 a.m. and called the team.
A release had added a slow lookup to the payment transaction. The lookup kept database connections open until the
payment service had none left.

| Action | Owner |
|---|---|
| Remove the lookup | Ann |

It rained. The team removed the lookup and the payment service recovered at once.
"""


def test_a_summary_is_made_of_whole_sentences_in_their_order() -> None:
    summary = summarize(REPORT, max_sentences=3)
    assert len(summary.sentences) == 3
    assert [sentence.start for sentence in summary.sentences] == sorted(
        sentence.start for sentence in summary.sentences
    )
    for sentence in summary.sentences:
        assert " ".join(REPORT[sentence.start : sentence.end].split()) == sentence.text
        assert sentence.text.endswith(".")
    assert summary.text == " ".join(sentence.text for sentence in summary.sentences)


def test_a_summary_says_what_the_text_is_about_and_leaves_out_layout() -> None:
    text = summarize(REPORT, max_sentences=2).text
    assert "payment service" in text
    assert not any(left_out in text for left_out in ("rained", "Status", "|", "#"))


def test_the_same_sentence_is_not_said_twice() -> None:
    assert (
        summarize("The pump of the plant failed today. " * 5, max_sentences=3).text
        == "The pump of the plant failed today."
    )


def test_a_text_without_sentences_is_summarised_by_its_first_lines() -> None:
    assert summarize("A  B\n\nC\nD\n", max_sentences=2).text == "A B C"


def test_sentences_of_other_languages_are_told_apart() -> None:
    assert len(summarize("本合同由双方签订。货款应在三十日内支付。争议应协商解决。", max_sentences=2).sentences) <= 2
    german = "Der Vertrag beginnt am 1. Januar und gilt z. B. für zwei Jahre. Die Miete ist am 3. Werktag zu zahlen."
    assert len(summarize(german, max_sentences=5).sentences) == 2


def test_keywords_are_what_the_text_is_about_best_first() -> None:
    found = keywords(REPORT, max_keywords=5)
    assert len(found) == 5
    assert "payment service" in [word.text.casefold() for word in found[:3]]
    assert [word.score for word in found] == sorted((word.score for word in found), reverse=True)
    assert all(0 < word.score <= 1 for word in found)


def test_keywords_are_no_function_words_and_do_not_repeat_each_other() -> None:
    words = [word.text.casefold() for word in keywords(REPORT, max_keywords=20)]
    assert not {"the", "and", "had"} & set(words)
    assert len(words) == len(set(words))


@pytest.mark.parametrize("asked", [0, -1])
def test_at_least_one_must_be_asked_for(asked: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        summarize(REPORT, max_sentences=asked)
    with pytest.raises(ValueError, match="at least 1"):
        keywords(REPORT, max_keywords=asked)
