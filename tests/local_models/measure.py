"""Quality of the offline models on the held-out documents: `python -m tests.local_models.measure`.

Prints precision, recall and F1 for each kind of field, accuracy and calibration of the classification, and the time
taken. Writes nothing. `-v` lists every miss and every false find; `--folder` names another folder of labelled
documents. Who reads the misses of the held-out documents notes it in docs/local-models.md: they measure less well
from then on.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.providers import local

HELD_OUT = Path(__file__).parent / "held_out"
CATEGORIES = ("legal", "financial", "technical")
_TEXTS = {"type": "array", "items": {"type": "string"}}
_LISTS: Mapping[str, dict[str, Any]] = {
    "dates": {"type": "array", "items": {"type": "string", "format": "date"}},
    "amounts": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
            "required": ["amount", "currency"],
        },
    },
    **dict.fromkeys(("emails", "identifiers", "organisations", "people"), _TEXTS),
}


@dataclass
class Tally:
    right: int = 0
    found: int = 0
    labelled: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, document: str, found: Iterable[str], labelled: Iterable[str]) -> None:
        got, wanted = set(found), set(labelled)
        self.right += len(got & wanted)
        self.found += len(got)
        self.labelled += len(wanted)
        self.misses += [f"{document}: missed {item!r}" for item in sorted(wanted - got)]
        self.misses += [f"{document}: false {item!r}" for item in sorted(got - wanted)]

    def __str__(self) -> str:
        precision = self.right / self.found if self.found else 1.0
        recall = self.right / self.labelled if self.labelled else 1.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return f"{precision:9.3f} {recall:9.3f} {f1:9.3f} {self.labelled:9}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, default=HELD_OUT)
    arguments.add_argument("-v", "--verbose", action="store_true")
    options = arguments.parse_args()
    labels: dict[str, dict[str, Any]] = json.loads((options.folder / "labels.json").read_text(encoding="utf-8"))
    texts = {name: (options.folder / name).read_text(encoding="utf-8") for name in labels}

    started = time.perf_counter()
    tallies, trusted = measure_extraction(texts, labels)
    classified = [(local.classify(texts[name], _categories()), labels[name]["category"]) for name in labels]
    seconds = time.perf_counter() - started

    print(f"{len(texts)} documents, {sum(map(len, texts.values())):,} characters\n")
    print(f"{'field':<16}{'precision':>9} {'recall':>9} {'F1':>9} {'labelled':>9}")
    for name, tally in tallies.items():
        print(f"{name:<16}{tally}")
        if options.verbose:
            print("\n".join(f"    {line}" for line in tally.misses))
    print(f"\nconfidence of titles and look-ups: {calibration(trusted)}")
    report_classification(classified, list(labels))
    print(f"\n{seconds:.2f} s in all, {1000 * seconds / max(1, len(texts)):.0f} ms a document")


def _categories() -> list[local.Category]:
    return [local.Category(name) for name in CATEGORIES]


def measure_extraction(
    texts: Mapping[str, str], labels: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Tally], list[tuple[float, bool]]]:
    """A tally for each kind of field, and (confidence, right) of each single value.

    `key_values` is a free-form object compared with the labelled pairs; `lookups` asks for each labelled value by its
    label, and is right when the evidence lies in that value.
    """
    tallies: dict[str, Tally] = defaultdict(Tally)
    trusted: list[tuple[float, bool]] = []
    for name, label in labels.items():
        wanted: Mapping[str, str] = label["key_values"]
        lookups = {f"label {at}": key for at, key in enumerate(wanted)}
        properties = {
            "title": {"type": "string"},
            **_LISTS,
            "fields": {"type": "object"},
            **{slot: {"type": "string", "title": key} for slot, key in lookups.items()},
        }
        extraction = local.extract(texts[name], {"type": "object", "properties": properties})
        found = extraction.value
        for kind in _LISTS:
            tallies[kind].add(name, map(normal, found.get(kind, ())), map(normal, label[kind]))
        titles = [normal(found["title"])] if "title" in found else []
        tallies["title"].add(name, titles, [normal(label["title"])])
        trusted += [(extraction.confidence["title"], title == normal(label["title"])) for title in titles]
        tallies["key_values"].add(name, map(_pair, found.get("fields", {}).items()), map(_pair, wanted.items()))
        places = {slot: texts[name][slice(*extraction.evidence[slot][0])] for slot in lookups if slot in found}
        right = {slot: normal(place) in normal(wanted[lookups[slot]]) for slot, place in places.items()}
        tallies["lookups"].add(
            name, (f"{lookups[slot]} {right[slot]}" for slot in right), (f"{key} True" for key in wanted)
        )
        trusted += [(extraction.confidence[slot], ok) for slot, ok in right.items()]
    return dict(tallies), trusted


def _pair(item: tuple[str, str]) -> str:
    return f"{normal(item[0])} = {normal(item[1])}"


_FORMS_OF_ADDRESS = ("mr ", "mrs ", "ms ", "dr ", "prof ", "herr ", "frau ", "m ", "mme ", "d ", "sr ", "sra ")


def normal(value: Any) -> str:
    """Values that differ only in space, case, quotes, a final full stop or a form of address are the same."""
    if isinstance(value, Mapping):
        return f"{Decimal(str(value['amount'])).normalize():f} {value['currency']}"
    text = " ".join(str(value).split()).casefold().strip("\"'*_ ").rstrip(".")
    for form in _FORMS_OF_ADDRESS:
        text = text.removeprefix(form.strip() + ". ").removeprefix(form)
    return text


def calibration(trusted: list[tuple[float, bool]]) -> str:
    """Mean confidence and share right, in all and for low, middle and high confidence."""
    return "; ".join(
        f"{low:.1f}-{high:.1f}: {len(part)} values, mean {sum(c for c, _ in part) / len(part):.2f}, "
        f"right {sum(right for _, right in part) / len(part):.2f}"
        for low, high, part in _buckets(trusted)
    )


def _buckets(trusted: list[tuple[float, bool]]) -> Iterator[tuple[float, float, list[tuple[float, bool]]]]:
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        part = [item for item in trusted if low <= item[0] < high]
        if part:
            yield low, min(high, 1.0), part


def report_classification(classified: list[tuple[local.Classification, str]], names: list[str]) -> None:
    right = [(found.confidence, found.label == wanted) for found, wanted in classified]
    brier = sum((found.scores.get(c, 0.0) - (c == wanted)) ** 2 for found, wanted in classified for c in CATEGORIES)
    print(f"\nclassification accuracy {sum(ok for _, ok in right)}/{len(right)}", end="; ")
    print(f"mean confidence {sum(c for c, _ in right) / len(right):.2f}; Brier score {brier / len(right):.3f}")
    print(f"confidence: {calibration(right)}")
    for (found, wanted), name in zip(classified, names, strict=True):
        if found.label != wanted:
            print(f"    {name}: {found.label} ({found.confidence:.2f}), labelled {wanted}")


if __name__ == "__main__":
    main()
