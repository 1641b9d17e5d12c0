"""`python -m benchmarks.pages`: measure every page on both databases and write what came of it.

Exits 1 when a median is above the limit. A whole run (both databases, 10,000 executions) is written to `docs/`; a
smaller one is only shown, unless `--output` names a folder.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.driver import DriverFailed
from benchmarks.pages import machine, report
from benchmarks.pages.figures import Measured
from benchmarks.pages.session import PageFailed, Say, measure
from tests.processes import ROOT
from tests.reaper import get_reaper
from tests.services import PostgresServer, ServiceFailed, ServiceMissing

DATABASES = ("SQLite", "PostgreSQL")
EXECUTIONS = 10_000
TIMES = 20


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    console = Console(highlight=False)

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    try:
        results = _measure(options, say)
    except (DriverFailed, PageFailed, ServiceFailed, ServiceMissing) as error:
        say(str(error))
        return 1
    console.print(Markdown(report.render(results)))
    is_whole = tuple(options.only) == DATABASES and options.executions >= EXECUTIONS
    folder = options.output or (ROOT / "docs" if is_whole else None)
    if folder:
        report.write(results, folder)
    say(f"written to {folder}" if folder else "a part only, so nothing is written (--output FOLDER does)")
    for line in results.too_slow:
        say(f"too slow: {line}")
    return 1 if results.too_slow else 0


def _measure(options: argparse.Namespace, say: Say) -> report.Results:
    # TERM takes the ordinary way out; the reaper ends what even that could not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="orchestration-bench-pages-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user, see tests/services.py
    get_reaper().guard_folder(folder)
    described = machine.describe_system()
    try:
        measured = [_measure_one(name, folder, options, described, say) for name in options.only]
    finally:
        get_reaper().close()
    today = datetime.now(UTC).date().isoformat()
    return report.Results(today, described, options.times, measured)


def _measure_one(name: str, folder: Path, options: argparse.Namespace, described: dict[str, str], say: Say) -> Measured:
    with _database(name, folder, described) as variables:
        here = folder / f"logs-{name}"
        here.mkdir()
        variables["DATA_DIR"] = str(folder / f"data-{name}")
        return measure(name, variables, here, executions=options.executions, times=options.times, say=say)


@contextmanager
def _database(name: str, folder: Path, described: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment that leads to an empty database."""
    if name == "SQLite":
        yield {}
        return
    server = PostgresServer(folder / "postgres")
    server.start()
    try:
        described |= machine.describe_postgres(server)
        yield {"DATABASE_URL": server.create_database()}
    finally:
        server.stop()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("make bench-pages", description="How long every page and REST address takes.")
    parser.add_argument("--only", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--executions", type=int, default=EXECUTIONS, help=f"in the tables (default: {EXECUTIONS})")
    parser.add_argument("--times", type=int, default=TIMES, help=f"requests per address (default: {TIMES})")
    parser.add_argument("--output", type=Path, help="the folder to write to")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("stopped; everything it started has ended")
