"""`python -m benchmarks`: run a session and write what came of it.

A whole session (every workload and installed engine, five rounds or more) is written to `docs/`; anything less is only
shown, unless `--output` names a folder.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import machine, report
from benchmarks.driver import DriverFailed
from benchmarks.engines import ENGINES
from benchmarks.session import W7, Plan, make_plan, run_session
from benchmarks.stack import DurablePostgres, Stack, StackFailed
from benchmarks.workloads import WORKLOADS
from tests.processes import ROOT
from tests.reaper import get_reaper
from tests.services import RedisServer, ServiceFailed, ServiceMissing

ENOUGH_ROUNDS = 5
EVERYTHING = [*WORKLOADS, W7]


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    console = Console(highlight=False)
    installed = [engine.name for engine in ENGINES.values() if engine.is_installed]
    for name in set(ENGINES) - set(installed):
        console.print(f"{ENGINES[name].title} is not installed and left out (pip install -r requirements-bench.txt)")
    plan = make_plan(options.only, [name for name in installed if name in options.engines])
    try:
        results = _measure(plan, options, console)
    except (DriverFailed, ServiceFailed, ServiceMissing, StackFailed) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 1
    console.print(Markdown(report.render_tables(results).replace("<br>", " ")))
    is_whole = plan == make_plan(EVERYTHING, installed) and options.rounds >= ENOUGH_ROUNDS
    folder = options.output or (ROOT / "docs" if is_whole else None)
    if folder:
        report.write(results, folder)
    console.print(f"written to {folder}" if folder else "a part only, so nothing is written (--output FOLDER does)")
    return 0


def _measure(plan: Plan, options: argparse.Namespace, console: Console) -> report.Results:
    # TERM takes the ordinary way out; the reaper ends what even that could not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="orchestration-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user, see tests/services.py
    reaper = get_reaper()
    reaper.guard_folder(folder)
    try:
        postgres, redis = DurablePostgres(folder / "postgres"), RedisServer(folder / "redis")
        postgres.start()
        redis.start()
        stack = Stack(folder, postgres, redis)
        try:
            seconds = run_session(
                stack,
                plan,
                rounds=options.rounds,
                careful=True,
                history=options.history,
                say=lambda line: console.print(line, markup=False, soft_wrap=True),
            )
            described = machine.describe(postgres, redis)
        except DriverFailed:
            console.print(stack.describe_logs(), markup=False, soft_wrap=True)
            raise
        finally:
            stack.close()
            redis.stop()
            postgres.stop()
    finally:
        reaper.close()
    today = datetime.now(UTC).date().isoformat()
    return report.Results(today, described, options.rounds, options.history, seconds)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("make bench", description="What a durable step costs, beside other engines.")
    parser.add_argument("--only", type=_names(EVERYTHING), default=EVERYTHING, help="workloads, for example W1,W3,W7")
    parser.add_argument(
        "--engines", type=_names(ENGINES), default=list(ENGINES), help="engines, for example ours,celery"
    )
    parser.add_argument("--rounds", type=_positive, default=ENOUGH_ROUNDS)
    parser.add_argument("--history", type=_positive, default=100_000, help="finished executions in W7's tables")
    parser.add_argument("--output", type=Path, help="the folder to write to")
    return parser.parse_args(arguments)


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    """An argparse type: names separated by commas; `W6` stands for W6a and W6b."""

    def choose(text: str) -> list[str]:
        words = text.split(",")
        unknown = [word for word in words if word not in known and f"{word}a" not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)} here; choose from {', '.join(known)}")
        return [name for name in known if name in words or name.rstrip("ab") in words]

    return choose


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("stopped; everything it started has ended")
