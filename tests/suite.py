"""The steps of `make test`, in order: `python -m tests.suite [step …]`.

Owns what is checked, the environment it is checked in, and the summary: what passed, how long it took and, in
capitals, what could not run. Every step runs even when one before it failed, so one run shows everything. Steps that
keep one core busy for long run beside the others, one after the other, and what they say is shown at the end. Needs the
standard library only.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# What a production installation sets; `check --deploy` judges the settings that come of it.
PRODUCTION = {
    "SECRET_KEY": "only-for-the-deployment-check-and-long-enough-for-it-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "orchestration.example.org",
    "HTTPS_ONLY": "true",
    "PYTHONWARNINGS": "error",
}
INHERITED = ("CHROMIUM", "CI", "HOME", "LANG", "LC_ALL", "PATH", "TERM", "TMPDIR")


@dataclass(frozen=True)
class Step:
    """A command (`python …`) and what it needs in the environment."""

    name: str
    title: str
    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    beside: bool = False


BROWSER = "tests/browser"


def pytest_step(name: str, title: str, *words: str, beside: bool = False) -> Step:
    words = ("-m", "pytest", "--durations=25", "--not-run-file={scratch}/not-run", *words)
    return Step(name, title, words, beside=beside)


STEPS = (
    Step("lint", "lint", ("-m", "ruff", "check", "--quiet", "--output-format=concise")),
    Step("format", "layout", ("-m", "ruff", "format", "--check", "--quiet", "--output-format=concise")),
    Step("deployment", "deployment check", ("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    Step("migrations", "migrations are complete", ("manage.py", "makemigrations", "--check", "--dry-run")),
    # One process: each would start the browser and the sites that it looks at.
    pytest_step("browser", "tests in a browser", BROWSER, beside=True),
    # One more than cores: tests of faults wait for leases to run out, and the lane beside does not fill all of that.
    pytest_step("sqlite", "tests on SQLite", "-n", "3", "--db=sqlite", f"--ignore={BROWSER}"),
    Step("types", "types", ("-m", "mypy"), beside=True),
    # Last, as it makes use of both cores when the others are done.
    pytest_step("postgresql", "tests on PostgreSQL", "-n", "2", "--db=postgresql", beside=True),
)


@dataclass(frozen=True)
class Outcome:
    step: Step
    passed: bool
    seconds: float

    def __str__(self) -> str:
        return f"  {'ok    ' if self.passed else 'FAILED'}  {self.step.title:<26}{self.seconds:7.1f} s"


def run_step(step: Step, scratch: Path, output: IO[bytes] | None = None) -> Outcome:
    """In a clean environment and with a data folder of its own. `output`: where it writes, if not here."""
    env = {name: os.environ[name] for name in INHERITED if name in os.environ}
    env |= {"DATA_DIR": str(scratch / step.name)} | step.env
    command = [sys.executable, *(word.format(scratch=scratch) for word in step.words)]
    started = time.monotonic()
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    return Outcome(step, done.returncode == 0, time.monotonic() - started)


def run_steps(steps: Sequence[Step], scratch: Path) -> list[Outcome]:
    """The outcomes in the order of the steps."""
    with ThreadPoolExecutor(max_workers=1) as lane:
        beside = [lane.submit(_run_unseen, step, scratch) for step in steps if step.beside]
        outcomes = [_run_seen(step, scratch) for step in steps if not step.beside]
    outcomes += [_show(running.result(), scratch) for running in beside]
    return sorted(outcomes, key=lambda outcome: steps.index(outcome.step))


def _run_seen(step: Step, scratch: Path) -> Outcome:
    print(f"\n--- {step.title}", flush=True)
    return run_step(step, scratch)


def _run_unseen(step: Step, scratch: Path) -> Outcome:
    with _log(step, scratch).open("wb") as output:
        return run_step(step, scratch, output)


def _show(outcome: Outcome, scratch: Path) -> Outcome:
    said = _log(outcome.step, scratch).read_text(errors="replace")
    print(f"\n--- {outcome.step.title}\n{said}", end="", flush=True)
    return outcome


def _log(step: Step, scratch: Path) -> Path:
    return scratch / f"{step.name}.log"


def summarise(outcomes: list[Outcome], not_run: Path) -> str:
    missing = sorted(set(not_run.read_text().splitlines())) if not_run.exists() else []
    return "\n".join(["", "=== summary", *map(str, outcomes), *missing])


def main(names: list[str]) -> int:
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        print(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(step.name for step in STEPS)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="orchestration-suite-") as folder:
        scratch = Path(folder)
        outcomes = run_steps([step for step in STEPS if not names or step.name in names], scratch)
        print(summarise(outcomes, scratch / "not-run"), flush=True)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
