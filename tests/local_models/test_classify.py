"""Classification without training."""

import pytest

from orchestration.providers.local import Category, classify

THREE = [Category("legal"), Category("financial"), Category("technical")]
TEXTS = {
    "legal": "This Agreement is governed by the laws of England. The parties submit to the jurisdiction of its courts.",
    "financial": "Invoice: net amount, VAT and total are payable to our bank account within thirty days.",
    "technical": "The server returned a timeout error because the database connection pool had no free connection.",
}
IN_OTHER_LANGUAGES = {
    "legal": "Der Vermieter und der Mieter schließen diesen Mietvertrag. Die Kündigung bedarf der Schriftform.",
    "financial": "La facture est à régler par virement bancaire, le montant total TVA comprise figure ci-dessous.",
    "technical": "El servidor de la red tuvo un fallo y el sistema no respondió hasta el mantenimiento.",
}


@pytest.mark.parametrize("label", TEXTS)
@pytest.mark.parametrize("texts", [TEXTS, IN_OTHER_LANGUAGES], ids=["english", "other languages"])
def test_common_categories_need_no_description(texts: dict[str, str], label: str) -> None:
    assert classify(texts[label], THREE).label == label


def test_scores_are_probabilities_and_confidence_is_that_of_the_label() -> None:
    found = classify(TEXTS["legal"], THREE)
    assert sum(found.scores.values()) == pytest.approx(1)
    assert found.confidence == found.scores["legal"] == max(found.scores.values())
    assert found.margin == pytest.approx(found.confidence - sorted(found.scores.values())[-2])
    assert found.labels == ("legal",)


def test_without_evidence_there_is_no_label_and_scores_are_equal() -> None:
    found = classify("xyzzy plugh", THREE)
    assert (found.label, found.labels, found.margin) == (None, (), 0)
    assert list(found.scores.values()) == pytest.approx([1 / 3] * 3)


def test_little_evidence_gives_little_confidence() -> None:
    assert classify("About the invoice.", THREE).confidence < 0.5 < classify(TEXTS["financial"] * 3, THREE).confidence


def test_a_threshold_that_is_not_reached_leaves_no_label() -> None:
    assert classify("About the invoice.", THREE, threshold=0.9).label is None


def test_a_description_teaches_a_category_the_lexicon_does_not_know() -> None:
    categories = [Category("zq1", "beekeeping, hives and honey"), Category("zq2", "sailing boats and harbours")]
    assert classify("The harbour was full of boats.", categories).label == "zq2"


def test_examples_make_it_better() -> None:
    text = "The queen left the comb."
    bare = [Category("zq1"), Category("zq2")]
    shown = [
        Category("zq1", examples=["A comb for the queen", "drones and workers"]),
        Category("zq2", examples=["keel and mast"]),
    ]
    assert classify(text, bare).label is None
    assert classify(text, shown).label == "zq1"


def test_several_labels_each_stand_alone() -> None:
    both = TEXTS["legal"] + " Either party may terminate this contract for breach of a clause. " + TEXTS["financial"]
    found = classify(both, THREE, multi_label=True)
    assert set(found.labels) == {"legal", "financial"}
    assert found.label == found.labels[0]
    assert classify(both, THREE, multi_label=True, threshold=0.999).labels == ()


def test_one_category_is_certain_if_anything_speaks_for_it() -> None:
    assert classify(TEXTS["legal"], [Category("legal")]).scores == {"legal": 1.0}


@pytest.mark.parametrize("categories", [[], [Category("a"), Category("a")]])
def test_categories_must_be_named_once(categories: list[Category]) -> None:
    with pytest.raises(ValueError, match="each name once"):
        classify("text", categories)
