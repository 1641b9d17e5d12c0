"""Medians, ratios and pages are computed right from given seconds."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.clients.base import WrongResult, check
from benchmarks.figures import Seconds, Spread, ratio
from benchmarks.report import BEGIN, END, Results, duration, write
from benchmarks.session import make_plan
from benchmarks.workloads import WORKLOADS

# The machine is ten times as slow in the second round; within each round the ratio is one half, one half, two.
DRIFTING: Seconds = {"W1": {"celery": [1.0, 10.0, 1.0], "ours": [0.5, 5.0, 2.0], "filled": [0.6, 6.0, 2.4]}}
rounds = st.lists(st.floats(0.001, 1000), min_size=1, max_size=9)


def test_a_ratio_is_taken_within_each_round_and_then_its_median() -> None:
    assert ratio(DRIFTING, "W1", "ours", "celery") == Spread(0.5, 0.5, 2.0)


def test_there_is_no_ratio_to_what_was_not_measured() -> None:
    assert ratio(DRIFTING, "W1", "dbos", "celery") is None


@given(rounds)
def test_the_median_lies_between_the_least_and_the_greatest(values: list[float]) -> None:
    spread = Spread.of(values)
    assert (spread.low, spread.high) == (min(values), max(values))
    assert spread.low <= spread.median <= spread.high


@pytest.mark.parametrize(
    ("spread", "text"),
    [(Spread(1.236, 1.0, 12.34), "1.24 s (1.00–12.3)"), (Spread(0.0123, 0.0099, 0.2), "12.3 ms (9.90–200)")],
)
def test_a_duration_has_three_digits_and_a_unit(spread: Spread, text: str) -> None:
    assert duration(spread) == text


def test_a_workload_knows_what_its_tasks_return() -> None:
    assert [output["count"] for output in WORKLOADS["W2"].expected] == [1, 2, 201]
    assert WORKLOADS["W1"].expected[-1] == {"count": 40, "fib": 55}


@pytest.mark.parametrize("counts", [[1, 2, 2, 2], [1, 2, 2, 2, 7, 7], [1, 2, 2, 2, 5]])
def test_a_lost_doubled_or_wrong_task_is_noticed(counts: list[int]) -> None:
    with pytest.raises(WrongResult, match="W3"):
        check(WORKLOADS["W3"], [{"count": count} for count in counts])


def test_w7_compares_full_tables_with_empty_ones_only() -> None:
    plan = make_plan(["W7"], ["celery", "ours", "filled"])
    engines = {workload.name: [engine.name for engine in found] for workload, found in plan.items()}
    assert engines == {"W1": ["ours", "filled"], "W3": ["ours", "filled"]}


def test_writing_keeps_the_page_around_the_figures(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    results = Results("2026-01-02", {"CPU": "two cores"}, rounds=3, history=1000, seconds=DRIFTING)
    for _ in range(2):
        write(results, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text()
    assert page.startswith(f"before\n{BEGIN}")
    assert page.endswith(f"{END}\nafter\n")
    assert "old" not in page
    assert "| 1.00 s (1.00–10.0) | 2.00 s (0.50–5.00)<br>**× 0.50 (0.50–2.00)** |" in page
    assert "| 2.40 s (0.60–6.00) | **× 1.20 (1.20–1.20)** |" in page
    assert json.loads((tmp_path / "benchmarks.json").read_text())["seconds"] == DRIFTING
    assert ElementTree.parse(tmp_path / "benchmarks.svg").getroot().tag.endswith("svg")
