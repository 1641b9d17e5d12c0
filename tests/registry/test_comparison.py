"""What differs between two versions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from registry.comparison import VersionFacts, compare
from registry.manifest import FileEntry
from registry.metrics import better_of

OLD = VersionFacts(
    name="classifier",
    label="v1",
    number=1,
    kind="files",
    state="ready",
    digest="a" * 64,
    size=30,
    format="onnx",
    is_default=True,
    tags=("production", "small"),
    aliases=("stable",),
    metrics={"accuracy": 0.9, "latency_ms": 10.0, "same": 1.0, "gone": 2.0, "oddity": 3.0},
    parameters={"optimizer": {"name": "adam", "rate": 0.1}, "epochs": 3},
    metadata={"accuracy": 0.9, "training_data": "first"},
    files=(FileEntry("model.onnx", "a" * 64, 20), FileEntry("notes.txt", "b" * 64, 10)),
)
NEW = replace(
    OLD,
    label="v2",
    number=2,
    digest="c" * 64,
    size=45,
    is_default=False,
    tags=("production", "large"),
    aliases=(),
    metrics={"accuracy": 0.93, "latency_ms": 12.0, "same": 1.0, "oddity": 4.0, "recall": 0.8},
    parameters={"optimizer": {"name": "adam", "rate": 0.2}},
    metadata={"accuracy": 0.93, "training_data": "second"},
    files=(FileEntry("model.onnx", "d" * 64, 40), FileEntry("vocabulary.txt", "e" * 64, 5)),
)


def test_metrics_have_delta_relative_change_and_a_verdict_by_direction() -> None:
    found = {metric.name: metric for metric in compare(OLD, NEW).metrics}
    assert found["accuracy"].verdict == "better"
    assert found["accuracy"].delta == pytest.approx(0.03)
    assert found["accuracy"].relative == pytest.approx(1 / 30)
    assert (found["latency_ms"].verdict, found["latency_ms"].better) == ("worse", "lower")
    assert [found[name].verdict for name in ("gone", "recall", "oddity")] == ["unknown"] * 3
    assert "same" not in found


def test_a_models_own_direction_decides() -> None:
    found = compare(OLD, NEW, directions={"oddity": "lower", "accuracy": "lower"})
    assert {metric.name for metric in found.worse()} == {"accuracy", "latency_ms", "oddity"}
    assert {metric.name for metric in found.worse(tolerance=0.1)} == {"latency_ms", "oddity"}


@pytest.mark.parametrize(
    ("name", "better"),
    [("val_accuracy", "higher"), ("eval/loss", "lower"), ("macro-F1", "higher"), ("error_rate", "lower"), ("x", None)],
)
def test_names_of_metrics_tell_which_values_are_better(name: str, better: str | None) -> None:
    assert better_of(name, {}) == better


def test_only_differences_are_told_unless_everything_is_asked_for() -> None:
    short, long = compare(OLD, NEW), compare(OLD, NEW, only_differences=False)
    assert [(value.name, value.change) for value in short.parameters] == [
        ("epochs", "removed"),
        ("optimizer.rate", "changed"),
    ]
    assert "optimizer.name" in [value.name for value in long.parameters]
    assert [value.name for value in short.metadata] == ["training_data"], "metrics are compared as metrics"
    assert (short.tags.added, short.tags.removed, short.tags.kept) == (("large",), ("small",), ("production",))
    assert short.aliases.removed == ("stable",)


def test_files_are_added_removed_or_changed_by_their_content() -> None:
    files = {file.path: (file.change, file.size_delta) for file in compare(OLD, NEW).files}
    assert files == {"model.onnx": ("changed", 20), "notes.txt": ("removed", -10), "vocabulary.txt": ("added", 5)}


def test_a_version_is_the_same_as_itself() -> None:
    same = compare(OLD, OLD)
    assert same.is_same
    assert not same.is_breaking
    assert "Nothing differs" in same.as_markdown()
    assert not compare(OLD, replace(OLD, output_schema={"title": "x"})).is_same


def test_the_report_is_json() -> None:
    document: dict[str, Any] = json.loads(json.dumps(compare(OLD, NEW).as_dict(), allow_nan=False))
    assert document["worse"] == ["latency_ms"]
    assert document["size_delta"] == 15
    assert document["before"]["reference"] == "classifier:v1"


def test_the_report_as_markdown_keeps_foreign_text_in_its_cell() -> None:
    nasty = replace(NEW, parameters={"a|b": "one\ntwo | <script>"})
    report = compare(OLD, nasty).as_markdown()
    assert r"| a\|b | – | one two \| \<script\> |" in report
    assert "| accuracy | 0.9 | 0.93 | +0.03 (+3.3%) | better |" in report
