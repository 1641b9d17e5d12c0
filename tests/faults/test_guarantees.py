"""`docs/guarantees.md`: every test it names is there, and a storm's figures can be put into it."""

import re
import shutil
from pathlib import Path

from tests.faults.storm.outcome import Options, Outcome
from tests.faults.storm.report import PAGE, build, write_page
from tests.processes import ROOT


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/\w+/\w+\.py)(?:::(\w+))?`", PAGE.read_text())
    assert len(named) > 20
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert f"def {test}" in (ROOT / file).read_text(), f"{file}::{test}"


def test_figures_replace_what_stood_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "guarantees.md"
    shutil.copy(PAGE, page)
    outcome = Outcome("sqlite", faults={"kill_child": 3}, points={"run.after kill": 2}, recovery={"kill_child": [1, 4]})
    outcome.verdict = {"submitted": 10, "ended": 10, "lost": 0, "doubled": 0, "wrong": 0}
    write_page(build(Options(minutes=1, seed=5), [outcome]), page)
    text = page.read_text()
    assert "| `kill_child` | 3 |  |  | 2.5 | 4.0 |" in text
    assert "| executions submitted | 10 |" in text
    assert text.partition("<!--")[0] == PAGE.read_text().partition("<!--")[0]
