"""The quality that docs/local-models.md states, as floors a little below it, on the held-out documents."""

import json
from typing import Any

import pytest

from orchestration.providers import local

from .measure import CATEGORIES, HELD_OUT, Tally, measure_extraction

FLOORS = {
    "dates": 0.98, "amounts": 0.96, "emails": 0.98, "identifiers": 0.88, "organisations": 0.80, "people": 0.75,
    "title": 0.65, "key_values": 0.92, "lookups": 0.95,
}  # fmt: skip


@pytest.fixture(scope="module")
def labels() -> dict[str, dict[str, Any]]:
    labels: dict[str, dict[str, Any]] = json.loads((HELD_OUT / "labels.json").read_text(encoding="utf-8"))
    return labels


@pytest.fixture(scope="module")
def tallies(labels: dict[str, dict[str, Any]]) -> dict[str, Tally]:
    return measure_extraction({name: (HELD_OUT / name).read_text(encoding="utf-8") for name in labels}, labels)[0]


@pytest.mark.parametrize(("field", "floor"), FLOORS.items())
def test_extraction_keeps_its_quality(tallies: dict[str, Tally], field: str, floor: float) -> None:
    tally = tallies[field]
    assert 2 * tally.right / (tally.found + tally.labelled) >= floor, tally.misses


def test_classification_keeps_its_quality(labels: dict[str, dict[str, Any]]) -> None:
    categories = [local.Category(name) for name in CATEGORIES]
    found = {name: local.classify((HELD_OUT / name).read_text(encoding="utf-8"), categories).label for name in labels}
    wrong = {name: label for name, label in found.items() if label != labels[name]["category"]}
    assert len(wrong) <= 2, wrong
