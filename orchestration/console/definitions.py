"""Pipeline files on the command line: read, checked, and what is wrong with them shown in the source."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from common.console.command import Refused
from common.console.text import plain
from orchestration.definition import Pipeline, Problem
from orchestration.definition.limits import MAX_BYTES
from orchestration.definition.parse import Format
from orchestration.selectors.definitions import CheckedDefinition, check_definition

STDIN = "-"
FORMATS: Mapping[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
LONGEST_EXCERPT = 110
STYLES = {"error": "bold red", "warning": "bold yellow"}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file, its text, and what the check found."""

    name: str
    text: str
    result: CheckedDefinition

    @property
    def pipeline(self) -> Pipeline | None:
        return self.result.pipeline

    def as_dict(self) -> dict[str, Any]:
        found = self.pipeline
        return {
            "file": self.name,
            "valid": found is not None,
            "pipeline": None
            if found is None
            else {"name": found.name, "version": found.version, "tasks": len(found.tasks), "digest": found.digest},
            "errors": [problem.as_dict() for problem in self.result.errors],
            "warnings": [problem.as_dict() for problem in self.result.warnings],
        }


def check_file(name: str) -> CheckedFile:
    """Read and check a file (`-`: standard input). Raises `Refused` when it cannot be read."""
    raw = _read(name)
    result = check_definition(raw, FORMATS.get(Path(name).suffix.lower(), "auto"))
    return CheckedFile(name, raw.decode("utf-8", "replace"), result)


def _read(name: str) -> bytes:
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 4)  # enough to see that it is too large
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 4)
    except OSError as error:
        raise Refused(f"{name}: {error.strerror or error}") from error


def print_problems(console: Console, checked: CheckedFile) -> None:
    """Every problem with its place, the line it is about, and a caret under the spot."""
    lines = checked.text.splitlines()
    for problem in (*checked.result.errors, *checked.result.warnings):
        place = ":".join(str(part) for part in (checked.name, problem.line, problem.column) if part is not None)
        hint = f' (did you mean "{problem.suggestion}"?)' if problem.suggestion else ""
        task = f'task "{problem.task}": ' if problem.task else ""
        console.print(
            Text(plain(place), style="bold"),
            Text(problem.severity, style=STYLES[problem.severity]),
            Text(plain(task + problem.message + hint)),
            Text(f"[{problem.code}]", style="dim"),
            soft_wrap=True,
        )
        for line in excerpt(lines, problem):
            console.print(Text(line, style="dim"), no_wrap=True, overflow="ellipsis")


def excerpt(lines: list[str], problem: Problem) -> Iterable[str]:
    """The line a problem is about and a caret under its column; nothing when it has no place."""
    if problem.line is None or problem.column is None or not 0 < problem.line <= len(lines):
        return ()
    line = lines[problem.line - 1]
    start = max(0, problem.column - 1 - LONGEST_EXCERPT // 2) if len(line) > LONGEST_EXCERPT else 0
    # Every character that a terminal would not show as one column becomes a blank, so that the caret stays below.
    shown = "".join(letter if letter.isprintable() else " " for letter in line[start : start + LONGEST_EXCERPT])
    number = f"{problem.line:>6}"
    return (f"{number} | {shown}", f"{' ' * len(number)} | {' ' * (problem.column - 1 - start)}^")
