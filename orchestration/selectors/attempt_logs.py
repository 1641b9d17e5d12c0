"""What a task's handler logged, attempt by attempt, newest first; searched by a word."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.models import AttemptLog, TaskRun

ATTEMPTS_SHOWN = 5
LINES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class LogLine:
    """`seconds` since the attempt's start; `level` as Python's logging names it."""

    seconds: float
    level: str
    logger: str
    text: str


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """`left_out` lines were past the limit when they were logged; `hidden` are stored and not shown here."""

    token: int
    lines: Sequence[LogLine]
    left_out: int
    hidden: int


def read_logs(task_run: TaskRun, words: str = "") -> list[LoggedAttempt]:
    """Of the last attempts that logged anything, the last lines (that contain `words`, in any case)."""
    rows = AttemptLog.objects.filter(task_run=task_run).order_by("-token")[:ATTEMPTS_SHOWN]
    return [_read(row, words.strip().casefold()) for row in rows]


def _read(row: AttemptLog, words: str) -> LoggedAttempt:
    lines = [LogLine(*line) for line in row.lines]
    found = [line for line in lines if words in line.text.casefold() or words in line.logger.casefold()]
    shown = found[-LINES_SHOWN:]
    return LoggedAttempt(row.token, shown, row.left_out, len(found) - len(shown))
