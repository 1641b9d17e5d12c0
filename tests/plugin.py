"""The pytest plugin that prepares a run before Django reads its settings.

Owns the option `--db`, an environment into which nothing of the developer's leaks, the PostgreSQL server that
Django's test databases live on (one per run, shared by the xdist workers), the choice of tests for the second
database, and the lines that say what could not run. Fixtures are in `tests/conftest.py`. Loaded by `-p`
(pyproject.toml), as a conftest is too late.
"""

import os
import re
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from tests.forkserver import get_forkserver
from tests.processes import Processes
from tests.reaper import get_reaper
from tests.services import PostgresServer, ServiceMissing

NOT_RUN = "NOT RUN: "
# How the process that xdist calls the controller tells its workers; they inherit the rest of the environment too.
RUN_FOLDER = "TEST_RUN_FOLDER"
POSTGRES_MISSING = "TEST_POSTGRES_MISSING"
KEPT = re.compile(
    r"CHROMIUM|CI|COLUMNS|HOME|LINES|LOGNAME|PATH|SHELL|TERM|TMPDIR|TZ|USER"
    r"|LANG|LANGUAGE|LC_.*|LD_LIBRARY_PATH|VIRTUAL_ENV|FORCE_COLOR|NO_COLOR|PY_COLORS"
    r"|(PYTHON|PYTEST_|HYPOTHESIS_|PLAYWRIGHT_|COVERAGE_).*"
)
# What the second database does not repeat: Django's own queries (web, admin), whole processes, of which the tests of
# faults and of the capabilities start enough on PostgreSQL, and what asks a database for nothing or for little more.
HERE = Path(__file__).parent
PROCESSES = ("commands", "mission", "deployment", "benchmarks", "browser", "docs")
HARDLY_A_DATABASE = ("charts", "config", "definition", "examples", "handlers", "local_models", "providers", "tracing")
ONCE = tuple(HERE / name for name in ("web", "admin", *PROCESSES, *HARDLY_A_DATABASE))
MARKED_AS_A_WHOLE = re.compile(r"^pytestmark = (\[[^]]*|.*)\bone_database\b", re.MULTILINE)
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "work_environment"}

run_key = pytest.StashKey["Run"]()

# Deadlines measure the machine, not the code; CI repeats the same examples.
# Few examples each; HYPOTHESIS_PROFILE=long takes its time.
hypothesis_settings.register_profile(
    "project", deadline=None, derandomize="CI" in os.environ, print_blob=True, max_examples=30
)
hypothesis_settings.register_profile("long", hypothesis_settings.get_profile("project"), max_examples=1_000)
# The second database is there for what SQL does differently, which few examples show as well.
hypothesis_settings.register_profile("second", hypothesis_settings.get_profile("project"), max_examples=10)


class Run:
    """What this test process knows of the run: where it may write (`shared`: where all of them do), and why PostgreSQL
    is missing if it is."""

    def __init__(self, folder: Path, database: str, process: str) -> None:
        self.shared = folder
        self.folder = folder / process
        self.database = database
        self.missing = os.environ.get(POSTGRES_MISSING, "")
        self.postgres: PostgresServer | None = None

    def start_postgres(self) -> None:
        try:
            self.postgres = PostgresServer(self.folder / "postgres")
            self.postgres.start()
        except ServiceMissing as error:
            os.environ[POSTGRES_MISSING] = self.missing = str(error)
        else:
            os.environ["DATABASE_URL"] = self.postgres.url("orchestration")

    def close(self) -> None:
        if self.postgres is not None:
            self.postgres.stop()
        get_forkserver().close()
        get_reaper().close()


def get_run(config: pytest.Config) -> Run:
    return config.stash[run_key]


def clean_environment() -> dict[str, str]:
    """What of the environment a test may see: nothing that configures this project or its libraries."""
    return {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("orchestration")
    group.addoption("--db", choices=["sqlite", "postgresql"], default="sqlite", help="the database Django's tests use")
    group.addoption("--not-run-file", type=Path, help="append a line here for everything that could not run")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    database: str = early_config.known_args_namespace.db
    usual = "project" if database == "sqlite" else "second"
    hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", usual))
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _clean_up_environment()
    run = Run(Path(os.environ[RUN_FOLDER]), database, worker or "main")
    run.folder.mkdir()
    run.folder.chmod(0o711)  # PostgreSQL may run as another user, see tests/services.py
    os.environ["DATA_DIR"] = str(run.folder / "data")
    if database == "postgresql" and worker is None:
        run.start_postgres()
    early_config.stash[run_key] = run


def _clean_up_environment() -> None:
    # A shell has what it starts in the background ignore Ctrl-C, and every process that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kept = clean_environment()
    os.environ.clear()
    os.environ.update(kept)
    folder = Path(tempfile.mkdtemp(prefix="orchestration-tests-"))
    folder.chmod(0o711)
    get_reaper().guard_folder(folder)
    os.environ[RUN_FOLDER] = str(folder)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if run_key in config.stash:
        get_run(config).close()


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('db')}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What the second database does not repeat is not even imported for it, unless it was named on the command line."""
    if get_run(config).database != "postgresql":
        return None
    is_marked = collection_path.suffix == ".py" and MARKED_AS_A_WHOLE.search(collection_path.read_text())
    return True if is_marked or collection_path in ONCE else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave each database the tests that it could change, the long ones first: at the end one worker would be alone."""
    run = get_run(config)
    belongs = _belongs_to_postgresql if run.database == "postgresql" else _belongs_to_sqlite
    left_out = {item for item in items if not belongs(item)}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    kept = (item for item in items if item not in left_out)
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("postgresql_pass") is None)
    if run.missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=NOT_RUN + run.missing))


def _belongs_to_sqlite(item: pytest.Item) -> bool:
    """Everything but what PostgreSQL judges more strictly, and that too when its file is named on the command line."""
    return not item.get_closest_marker("postgresql_pass") or item.session.isinitpath(item.path)


def _belongs_to_postgresql(item: pytest.Item) -> bool:
    """What a database could change."""
    if item.get_closest_marker("one_database") or any(item.path.is_relative_to(folder) for folder in ONCE):
        return False
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return bool(item.get_closest_marker("django_db")) or not DATABASE_FIXTURES.isdisjoint(fixtures)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes of a failed test wrote."""
    report = yield
    processes = getattr(item, "funcargs", {}).get("processes")
    if report.failed and isinstance(processes, Processes):
        report.sections.extend(processes.describe())
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say loudly what could not run for want of a service."""
    counts: dict[str, int] = {}
    for report in terminalreporter.getreports("skipped"):
        if isinstance(report.longrepr, tuple) and NOT_RUN in (reason := report.longrepr[2]):
            line = NOT_RUN + reason.partition(NOT_RUN)[2]
            counts[line] = counts.get(line, 0) + 1
    if not counts:
        return
    lines = [f"{line} ({number} tests)" for line, number in counts.items()]
    terminalreporter.section("NOT RUN", red=True, bold=True)
    for line in lines:
        terminalreporter.line(line, red=True)
    not_run_file: Path | None = config.getoption("not_run_file")
    if not_run_file:
        with not_run_file.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
