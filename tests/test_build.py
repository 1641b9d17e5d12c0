"""Setting up, and the runner of `make test`, keep their promises."""

import os
import re
from pathlib import Path

import pytest

from tests import suite
from tests.processes import ROOT
from tests.suite import Outcome, Step

# `name[extra]==1.2; marker  # reason`, or a comment line, or `-r file`; a reason may stand on the lines above a marker.
PIN = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+(; .+|\s+# \S.*)")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_exactly_with_a_reason(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    required = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert [line for line in required if not PIN.fullmatch(line)] == []


def test_ci_can_run_its_script() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_a_failing_step_is_an_outcome_that_did_not_pass(tmp_path: Path) -> None:
    passing, failing = (Step(str(code), "a step", ("-c", f"raise SystemExit({code})")) for code in (0, 3))
    assert suite.run_step(passing, tmp_path).passed
    assert not suite.run_step(failing, tmp_path).passed


def test_a_step_beside_the_others_is_shown_when_it_has_ended_and_listed_in_its_place(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    beside = Step("beside", "first", ("-c", "import sys; print('a fault'); sys.exit(1)"), beside=True)
    other = Step("other", "second", ("-c", "print('by the way')"))
    outcomes = suite.run_steps([beside, other], tmp_path)
    assert [(outcome.step.name, outcome.passed) for outcome in outcomes] == [("beside", False), ("other", True)]
    assert "by the way\n\n--- first\na fault" in capfd.readouterr().out


def test_a_step_sees_its_own_data_folder_and_nothing_of_the_developers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_HOST", "redis.example.org")
    question = "import os; raise SystemExit('REDIS_HOST' in os.environ or not os.environ['DATA_DIR'].endswith('/here'))"
    assert suite.run_step(Step("here", "a step", ("-c", question)), tmp_path).passed


def test_the_summary_names_what_failed_and_what_could_not_run(tmp_path: Path) -> None:
    not_run = tmp_path / "not-run"
    not_run.write_text("NOT RUN: Redis: none here (2 tests)\n" * 2)
    summary = suite.summarise([Outcome(Step("lint", "lint", ()), passed=False, seconds=1.0)], not_run)
    assert re.search(r"FAILED +lint", summary)
    assert summary.count("NOT RUN: Redis: none here") == 1


def test_an_unknown_step_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.main(["lnit"]) == 2
    assert "no such step: lnit" in capsys.readouterr().out
