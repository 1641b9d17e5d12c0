"""`manage.py validate_pipeline`: every mistake in pipeline files, without running or storing anything."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, MISUSED, ConsoleCommand, Refused
from common.console.text import count, styled
from orchestration.console.definitions import CheckedFile, check_file, print_problems
from orchestration.console.status import look
from orchestration.definition import Problem
from orchestration.selectors.definitions import CheckedDefinition

UNREADABLE = "unreadable_file"


class Command(ConsoleCommand):
    help = (
        "Check pipeline files and show every problem in them. "
        "Exits with 1 when a file cannot be used, with 2 when one cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a YAML or JSON file, or - for standard input")

    def act(self, **options: Any) -> int:
        checked = [_check(name) for name in options["files"]]
        is_valid = all(file.pipeline is not None for file in checked)
        if self.is_json:
            self.print_json({"valid": is_valid, "files": [file.as_dict() for file in checked]})
        else:
            for file in checked:
                self._show(file)
        if any(problem.code == UNREADABLE for file in checked for problem in file.result.errors):
            return MISUSED
        return DONE if is_valid else FAILED

    def _show(self, file: CheckedFile) -> None:
        print_problems(self.console, file)
        warnings = len(file.result.warnings)
        more = f", {count(warnings, 'warning')}" if warnings else ""
        if file.pipeline is None:
            said = f"{file.name}: {count(len(file.result.errors), 'error')}{more}"
            self.console.print(look("problem"), styled(said))
        else:
            tasks = count(len(file.pipeline.tasks), "task")
            said = f'{file.name}: pipeline "{file.pipeline.name}" {file.pipeline.version}, {tasks}{more}'
            self.console.print(look("ok"), styled(said))


def _check(name: str) -> CheckedFile:
    """A file that cannot be read is that file's problem; the others are checked all the same."""
    try:
        return check_file(name)
    except Refused as error:
        unreadable = Problem(UNREADABLE, str(error).removeprefix(f"{name}: "))
        return CheckedFile(name, "", CheckedDefinition(None, (unreadable,), ()))
