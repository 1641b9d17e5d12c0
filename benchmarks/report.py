"""The results as people and programs read them: Markdown between two marks of a page, an SVG and JSON beside it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import chart
from benchmarks.engines import ENGINES, FILLED, OURS, YARDSTICK
from benchmarks.figures import Seconds, Spread, ratio
from benchmarks.workloads import WORKLOADS

BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
NAME = "benchmarks"
CHART_TITLE = f"Time taken, relative to {ENGINES[YARDSTICK].title} in the same round"


@dataclass(frozen=True, slots=True)
class Results:
    measured_on: str
    machine: dict[str, str]
    rounds: int
    history: int
    """Finished executions in the full tables."""
    seconds: Seconds


def write(results: Results, folder: Path) -> None:
    """`benchmarks.json`, `benchmarks.svg`, and the generated part of `benchmarks.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.json").write_text(json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")
    (folder / f"{NAME}.svg").write_text(chart.draw(CHART_TITLE, _groups(results.seconds)))
    page = folder / f"{NAME}.md"
    before, after = _around(page.read_text() if page.exists() else "")
    page.write_text(f"{before}{BEGIN}\n\n{render(results)}\n{END}{after}")


def _around(text: str) -> tuple[str, str]:
    before, mark, rest = text.partition(BEGIN)
    return (before, rest.partition(END)[2]) if mark else (text, "\n")


def render(results: Results) -> str:
    """The generated part of the page."""
    picture = f"![{CHART_TITLE}]({NAME}.svg)\n\n" if _groups(results.seconds) else ""
    return picture + render_tables(results)


def render_tables(results: Results) -> str:
    """The same without the picture."""
    machine = "\n".join(f"- {label}: {value}" for label, value in results.machine.items())
    sections = [
        f"Measured on {results.measured_on} in {results.rounds} rounds: median (least–greatest).",
        _comparison(results.seconds),
        _full_tables(results),
        f"The machine:\n\n{machine}",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _compared(seconds: Seconds) -> list[str]:
    found = {engine for measured in seconds.values() for engine in measured}
    return [name for name in ENGINES if name in found and name != FILLED]


def _comparison(seconds: Seconds) -> str:
    engines = _compared(seconds)
    rows = [[_label(workload), *(_cell(seconds, workload, engine) for engine in engines)] for workload in seconds]
    return _table(["", *(ENGINES[engine].title for engine in engines)], rows)


def _cell(seconds: Seconds, workload: str, engine: str) -> str:
    measured = seconds[workload].get(engine)
    if measured is None:
        return "–"
    compared = ratio(seconds, workload, engine, YARDSTICK) if engine != YARDSTICK else None
    return duration(Spread.of(measured)) + (f"<br>**{times(compared)}**" if compared else "")


def _full_tables(results: Results) -> str:
    rows = []
    for workload, measured in results.seconds.items():
        compared = ratio(results.seconds, workload, FILLED, OURS)
        if compared:
            cells = [duration(Spread.of(measured[engine])) for engine in (OURS, FILLED)]
            rows.append([_label(workload), *cells, f"**{times(compared)}**"])
    head = ["W7", "empty tables", f"{results.history:,} finished executions", ""]
    return _table(head, rows) if rows else ""


def _label(workload: str) -> str:
    return f"{workload}: {WORKLOADS[workload].title}"


def _groups(seconds: Seconds) -> list[chart.Group]:
    groups = []
    for workload in seconds:
        ratios = {name: ratio(seconds, workload, name, YARDSTICK) for name in _compared(seconds) if name != YARDSTICK}
        bars = [chart.Bar(ENGINES[name].title, found) for name, found in ratios.items() if found]
        if bars:
            groups.append(chart.Group(_label(workload), bars))
    return groups


def duration(spread: Spread) -> str:
    """`1.24 s (1.19–1.40)`, in milliseconds below a second."""
    unit, scale = ("s", 1.0) if spread.median >= 1 else ("ms", 1000.0)
    least, greatest = _three_digits(spread.low * scale), _three_digits(spread.high * scale)
    return f"{_three_digits(spread.median * scale)} {unit} ({least}–{greatest})"


def times(spread: Spread) -> str:
    """`× 0.62 (0.58–0.70)`."""
    return f"× {spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
