"""What differs between two versions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from registry.comparison import VersionFacts, compare
from registry.figures import Figure, Unit, may_be_chance
from registry.manifest import FileEntry
from registry.metrics import better_of, judge
from registry.states import Better

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


def test_what_differs_by_how_it_was_computed_is_the_same() -> None:
    assert judge(0.1 + 0.2, 0.3, Better.HIGHER) == "same"


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


def figure(name: str, value: float | None, unit: Unit, samples: int, better: Better | None = None) -> Figure:
    interval = None if value is None else (0.9 * value, 1.1 * value)
    return Figure(name, name.capitalize(), value, unit, samples, better, interval)


USED = replace(
    OLD,
    record=(
        figure("runs", 400, Unit.COUNT, 400),
        figure("success", 0.98, Unit.SHARE, 400, Better.HIGHER),
        figure("p95", 2.0, Unit.SECONDS, 392, Better.LOWER),
        figure("approved", 1.0, Unit.SHARE, 4, Better.HIGHER),
    ),
)
USED_NEXT = replace(
    NEW,
    record=(
        figure("runs", 300, Unit.COUNT, 300),
        figure("success", 0.90, Unit.SHARE, 300, Better.HIGHER),
        figure("p95", 1.0, Unit.SECONDS, 270, Better.LOWER),
        figure("approved", 0.5, Unit.SHARE, 4, Better.HIGHER),
        figure("cost", None, Unit.USD, 0, Better.LOWER),
    ),
)


def test_what_use_says_is_compared_with_delta_and_verdict() -> None:
    found = {one.name: one for one in compare(USED, USED_NEXT).record}
    assert list(found) == ["runs", "success", "p95", "approved"], "what neither measured is left out"
    assert (found["success"].verdict, found["p95"].verdict) == ("worse", "better")
    assert found["success"].delta == pytest.approx(-0.08)
    assert found["p95"].relative == pytest.approx(-0.5)
    assert found["runs"].verdict == "unknown", "more runs are neither better nor worse"
    assert [name for name, one in found.items() if one.is_sure] == ["success", "p95"]
    assert found["approved"].may_be_chance, "of four reviews"


@pytest.mark.parametrize(
    ("before", "after", "chance"),
    [
        ((0.837, 1000), (0.834, 1000), True),
        ((0.733, 60), (0.9, 90), False),
        ((0.733, 22), (0.9, 22), True),
        ((1.0, 50), (1.0, 50), True),
        ((0.0, 19), (1.0, 19), True),
    ],
)
def test_a_share_is_judged_by_how_many_it_is_of(
    before: tuple[float, int], after: tuple[float, int], chance: bool
) -> None:
    one, other = (figure("x", value, Unit.SHARE, samples) for value, samples in (before, after))
    assert may_be_chance(one, other) is chance


def test_other_figures_are_judged_by_their_confidence_intervals() -> None:
    slow, slower, unsure = (
        replace(figure("p50", value, Unit.SECONDS, 100), interval=interval)
        for value, interval in ((3.5, (3.2, 3.8)), (4.5, (4.1, 4.9)), (4.0, (3.7, 4.3)))
    )
    assert not may_be_chance(slow, slower)
    assert not may_be_chance(slower, slow)
    assert may_be_chance(slow, unsure)
    assert may_be_chance(slow, replace(slower, interval=None))


def test_a_version_that_was_never_used_is_compared_with_nothing() -> None:
    found = compare(OLD, USED_NEXT).record
    assert {(one.before, one.verdict) for one in found} == {(None, "unknown")}
    assert compare(OLD, NEW).record == ()
    assert compare(OLD, USED).is_same, "how it did does not change what it is"


def test_worse_in_use_leaves_out_what_may_be_chance() -> None:
    found = compare(USED, USED_NEXT)
    assert [one.name for one in found.worse_in_use()] == ["success"]
    assert found.worse_in_use(tolerance=0.1) == ()


def test_the_reports_say_how_it_did_in_use() -> None:
    found = compare(USED, USED_NEXT)
    told = found.as_markdown().replace("\u00a0", " ")
    assert "Success worse in use" in told
    assert "| Success | 98 % of 400 | 90 % of 300 | −8 points | **worse** |" in told
    assert "| Approved | 100 % of 4 | 50 % of 4 | −50 points | **worse**, may be chance |" in told
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    success = next(one for one in document["record"] if one["name"] == "success")
    assert (success["before"], success["after"], success["unit"]) == (0.98, 0.9, "share")
    assert (success["before_samples"], success["may_be_chance"]) == (400, False)
