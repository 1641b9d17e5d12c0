"""The figures of storms: a JSON report, what is printed, and the part of `docs/guarantees.md` between two marks."""

import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from tests.faults.storm.outcome import Options, Outcome

PAGE = Path(__file__).resolve().parents[3] / "docs" / "guarantees.md"
BEGIN, END = "<!-- the storm writes from here -->", "<!-- to here -->"
# What is said of a storm, from its verdict.
FIGURES = {
    "executions submitted": "submitted",
    "executions ended": "ended",
    "executions lost": "lost",
    "results recorded twice": "doubled",
    "wrong results, counters or states": "wrong",
}

Report = Mapping[str, Any]


def build(options: Options, outcomes: list[Outcome]) -> Report:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    return {"machine": machine, "options": asdict(options), "profiles": [asdict(outcome) for outcome in outcomes]}


def write(path: Path, report: Report) -> None:
    path.write_text(json.dumps(report, indent=1) + "\n")


def write_page(report: Report, page: Path = PAGE) -> None:
    """Replace what stands between the marks. Raises `ValueError` when the page has none."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: the marks {BEGIN} and {END} are missing")
    page.write_text(f"{before}{BEGIN}\n\n{render(report)}\n\n{END}{after}")


def render(report: Report) -> str:
    """Markdown: what was asked for, totals, faults with the time until work went on, points."""
    options, profiles = report["options"], report["profiles"]
    seed = f"seed {options['seed']}, a kill at each point with probability {options['kills']:g}; {report['machine']}."
    return "\n\n".join((f"{seed[0].upper()}{seed[1:]}", _totals(profiles), _faults(profiles), _points(profiles)))


def _totals(profiles: list[Report]) -> str:
    rows = [["minutes of faults", *(f"{one['seconds'] / 60:.0f}" for one in profiles)]]
    rows.append(["faults from outside", *(sum(one["faults"].values()) for one in profiles)])
    rows.append(["ends at labelled points", *(sum(one["points"].values()) for one in profiles)])
    rows.append(["workers started", *(one["worker_starts"] for one in profiles)])
    rows += [[title, *(one["verdict"].get(key, "?") for one in profiles)] for title, key in FIGURES.items()]
    rows.append(["times the invariants were checked", *(one["checks"] for one in profiles)])
    rows += _by_status("task runs", "task_runs", profiles)
    rows += _by_status("attempts", "attempts", profiles)
    rows += _by_status("reviews", "reviews", profiles)
    rows.append(["seconds until all was quiet", *(f"{one['quiescence_seconds']:.0f}" for one in profiles)])
    return _table(["", *(one["profile"] for one in profiles)], rows)


def _by_status(title: str, key: str, profiles: list[Report]) -> list[list[Any]]:
    names = sorted({name for one in profiles for name in one["verdict"].get(key, {})})
    return [[f"{title}: {name}", *(one["verdict"].get(key, {}).get(name, 0) for one in profiles)] for name in names]


def _faults(profiles: list[Report]) -> str:
    happened: Counter[str] = Counter()
    for one in profiles:
        happened.update(one["faults"])
    rows = [
        [f"`{name}`", happened[name], *_spread("taken_back", name, profiles), *_spread("recovery", name, profiles)]
        for name in sorted(happened)
    ]
    return _table(["fault", "times", "claimable: median s", "max s", "goes on: median s", "max s"], rows)


def _spread(key: str, name: str, profiles: list[Report]) -> list[str]:
    seconds = [second for one in profiles for second in one.get(key, {}).get(name, [])]
    return [f"{median(seconds):.1f}", f"{max(seconds):.1f}"] if seconds else ["", ""]


def _points(profiles: list[Report]) -> str:
    points: dict[str, Counter[str]] = {}
    for one in profiles:
        for said, number in one["points"].items():
            label, kind = said.split()
            points.setdefault(label, Counter())[kind] += number
    rows = [[f"`{label}`", *(points[label][kind] for kind in ("kill", "term", "quit"))] for label in sorted(points)]
    return _table(["point in a child", "SIGKILL to itself", "SIGTERM to its worker", "SIGQUIT to its worker"], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    titles = list(head)
    lines = [titles, ["---", *("---:" for _ in titles[1:])], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
