"""What can be wrong with a definition, and how it is said.

Owns `Problem`, `DefinitionError` and the `Report` that collects problems and finds their place in the source. What is
checked is decided elsewhere (`checks`, the readers).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from common.errors import Failed
from common.wording import MAX_SUGGESTED_LENGTH, Path, closest, label, pointer_to, printable
from orchestration.definition.marks import Mark, Position, locate

Severity = Literal["error", "warning"]

MAX_PROBLEMS = 1_000  # of each severity
# Looking for a similar word compares with every candidate; a text with thousands of mistakes must still answer at once.
MAX_SUGGESTIONS = 20

_TASK = re.compile(r"/tasks/([0-9]{1,6})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake (or doubt) in a definition. Lines and columns count from 1; `pointer` is an RFC 6901 JSON pointer."""

    code: str
    message: str
    severity: Severity = "error"
    line: int | None = None
    column: int | None = None
    pointer: str = ""
    task: str | None = None
    suggestion: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        hint = f' (did you mean "{self.suggestion}"?)' if self.suggestion else ""
        return f"{self._place()}{self.message}{hint}"

    def _place(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        if match := _TASK.match(self.pointer):
            place += f"tasks[{match.group(1)}]" + (f' "{self.task}": ' if self.task else ": ")
        return place


class DefinitionError(Failed, ValueError):
    """A definition that cannot be used. `problems` has every one found, in the order of the source."""

    code = "invalid_definition"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)  # what it is made of again when a worker process hands it on

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class Report:
    """Collects the problems of one source."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._value: Any = None
        self._marks: Mark | None = None
        self._found: Counter[Severity] = Counter()
        self._out_of_range: set[str] = set()
        self._suggestions_left: dict[Severity, int] = {"error": MAX_SUGGESTIONS, "warning": MAX_SUGGESTIONS}

    def clear(self) -> None:
        """Forget what was found: it was read as something it is not."""
        self.problems.clear()
        self._found.clear()
        self._out_of_range.clear()

    def about(self, value: Any, marks: Mark | None) -> None:
        """From here on problems are placed by these marks, and all are named by this value."""
        self._value, self._marks = value, marks

    def add(
        self,
        code: str,
        message: str,
        path: Path = (),
        *,
        at: Literal["key", "value"] = "value",
        severity: Severity = "error",
        suggestion: str | None = None,
    ) -> None:
        place = locate(self._marks, path, at_key=at == "key")
        self.add_at(code, message, path, place, severity=severity, suggestion=suggestion)

    def add_at(
        self,
        code: str,
        message: str,
        path: Path,
        place: Position | tuple[None, None],
        *,
        severity: Severity = "error",
        suggestion: str | None = None,
    ) -> None:
        """For the readers, who know the place themselves."""
        pointer = printable(pointer_to(path))
        if pointer in self._out_of_range:  # what stands there now is a stand-in for the number
            return
        if code == "number_out_of_range":
            self._out_of_range.add(pointer)
        self._found[severity] += 1
        if self._found[severity] <= MAX_PROBLEMS:
            line, column = place
            self.problems.append(Problem(code, printable(message), severity, line, column, pointer, None, suggestion))

    def warn(self, code: str, message: str, path: Path = (), **more: Any) -> None:
        self.add(code, message, path, severity="warning", **more)

    def closest(self, word: str, options: Iterable[str], severity: Severity = "error") -> str | None:
        """The option the writer may have meant; for a warning it must be nearer than for an error."""
        if self._suggestions_left[severity] <= 0 or len(word) > MAX_SUGGESTED_LENGTH:
            return None
        self._suggestions_left[severity] -= 1
        return closest(word, options, 0.65 if severity == "error" else 0.8)

    def in_order(self) -> tuple[Problem, ...]:
        """The problems as they stand in the source, each with the name of its task."""
        named = [replace(problem, task=self._task_at(problem.pointer)) for problem in self.problems]
        return tuple(sorted(named, key=lambda problem: (problem.line or 0, problem.column or 0)))

    @property
    def has_errors(self) -> bool:
        return self._found["error"] > 0

    def _task_at(self, pointer: str) -> str | None:
        match = _TASK.match(pointer)
        tasks = self._value.get("tasks") if isinstance(self._value, dict) else None
        index = int(match.group(1)) if match else 0
        task = tasks[index] if match and isinstance(tasks, list) and index < len(tasks) else None
        name = task.get("name") if isinstance(task, dict) else None
        return printable(name) if isinstance(name, str) and len(name) <= MAX_SUGGESTED_LENGTH else None


def said_of(path: Path, message: str) -> str:
    """The message with the place in front of it; a task is named by the problem itself."""
    place = label(inside_task(path))
    return f"{place}: {message}" if place else message


def inside_task(path: Path) -> Path:
    return path[2:] if path[:1] == ("tasks",) else path
