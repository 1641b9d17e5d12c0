"""`python -m tests.faults.storm`: blow, print, write the report; exit code 0 only when everything was survived."""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults.storm import report
from tests.faults.storm.outcome import Options, Outcome
from tests.faults.storm.run import PROFILES, blow
from tests.reaper import get_reaper


def main() -> int:
    arguments = parse()
    if arguments.write_docs:
        report.write_page(json.loads(arguments.write_docs.read_text()))
        return 0
    names = list(PROFILES) if arguments.profile == "all" else [arguments.profile]
    options = Options(arguments.minutes / len(names), arguments.seed, arguments.live, arguments.rate, arguments.kills)
    folder = Path(tempfile.mkdtemp(prefix="orchestration-storm-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user, see tests/services.py
    outcomes: list[Outcome] = []
    try:
        for name in names:
            outcomes.append(blow(name, options, folder / name))
            # After each profile, so that a run that is cut off leaves what it found.
            if arguments.report:
                report.write(arguments.report, report.build(options, outcomes))
    finally:
        get_reaper().close()
    return judge(report.build(options, outcomes), folder)


def judge(found: report.Report, folder: Path) -> int:
    print("\n" + report.render(found) + "\n")
    problems = [f"{one['profile']}: {said}" for one in found["profiles"] for said in one["problems"]]
    for said in problems:
        print(f"PROBLEM {said}")
    if problems:
        print(f"NOT SOUND; logs and databases are in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    print("sound: nothing lost, nothing recorded twice, no invariant broken")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="of faults, in all (default 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=[*PROFILES, "all"], default="all")
    parser.add_argument("--live", type=int, default=Options.live, help="executions kept live")
    parser.add_argument("--rate", type=float, default=Options.rate, help="submissions a second, about")
    parser.add_argument("--kills", type=float, default=Options.kills, help="probability of an end at each point")
    parser.add_argument("--report", type=Path, help="write the figures here, as JSON")
    parser.add_argument("--write-docs", type=Path, metavar="REPORT", help="only put a report into docs/guarantees.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
