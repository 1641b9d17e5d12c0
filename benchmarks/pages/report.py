"""The figures as Markdown, between two marks of `docs/benchmarks-pages.md`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages.figures import LIMIT_MS, Figures, Measured

BEGIN, END = "<!-- make bench-pages writes from here -->", "<!-- to here -->"
PAGE = "benchmarks-pages.md"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Results:
    measured_on: str
    machine: dict[str, str]
    times: int
    """Requests per address and database."""
    databases: Sequence[Measured]

    @property
    def too_slow(self) -> list[str]:
        return [line for measured in self.databases for line in measured.too_slow()]


def write(results: Results, folder: Path) -> None:
    """Replace the generated part of the page."""
    page = folder / PAGE
    text = page.read_text() if page.exists() else ""
    before, mark, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    page.write_text(f"{before}{BEGIN}\n\n{render(results)}\n{END}{after}")


def render(results: Results) -> str:
    """The generated part of the page."""
    machine = "\n".join(f"- {label}: {value}" for label, value in results.machine.items())
    sections = [
        f"Measured on {results.measured_on}, {results.times} requests each, warm. {_verdict(results)}",
        _slowest(results.databases),
        *(_rows(measured) for measured in results.databases),
        _section("Pages", results.databases, is_api=False),
        _section("REST", results.databases, is_api=True),
        f"The machine:\n\n{machine}",
    ]
    return "\n\n".join(sections) + "\n"


def _verdict(results: Results) -> str:
    count = sum(len(measured.figures) for measured in results.databases)
    if not results.too_slow:
        return f"Of {count} medians none is above {LIMIT_MS:.0f} ms."
    return f"**{len(results.too_slow)} of {count} are above {LIMIT_MS:.0f} ms:** {'; '.join(results.too_slow)}."


def _slowest(databases: Sequence[Measured]) -> str:
    slowest = []
    for measured in databases:
        (name, label), found = max(measured.figures.items(), key=lambda item: item[1].median)
        slowest.append(f"on {measured.database} `{name}` ({label or 'plain'}) with {found.median:.0f} ms")
    return f"The slowest: {', '.join(slowest)}."


def _rows(measured: Measured) -> str:
    counts = ", ".join(f"{number:,} {what}" for what, number in measured.rows.items())
    return f"- {measured.database}: {counts}"


def _section(title: str, databases: Sequence[Measured], *, is_api: bool) -> str:
    """One row for each address: queries and kilobytes, then three columns of milliseconds for each database."""
    head = ["", "", "queries", "kB"]
    for measured in databases:
        head += [f"{measured.database}: median", "p95", "gunicorn"]
    keys = dict.fromkeys(
        key for measured in databases for key in measured.figures if key[0].startswith("REST") == is_api
    )
    rows = [_row(key, [measured.figures.get(key) for measured in databases]) for key in keys]
    return f"## {title}\n\n{_table(head, rows)}"


def _row(key: tuple[str, str], figures: Sequence[Figures | None]) -> list[str]:
    found = [each for each in figures if each]
    queries = " / ".join(dict.fromkeys(str(each.queries) for each in found))
    cells = [f"`{key[0].removeprefix('REST ')}`", key[1], queries, f"{found[0].size / 1000:.0f}"]
    for each in figures:
        cells += [_judged(each.median), _ms(each.p95), _judged(each.over_http)] if each else [NOTHING] * 3
    return cells


def _ms(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _judged(median: float) -> str:
    return f"**{_ms(median)}**" if median > LIMIT_MS else _ms(median)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    align = ["---", "---", *["--:"] * (len(head) - 2)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, align, *rows])
