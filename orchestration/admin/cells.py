"""Cells that lists of executions and of task runs share."""

from typing import Any

from web.admin.display import NONE, cell, error_line, state, took


def _tries(row: Any) -> str:
    failed = row.failures + row.crashes
    return f"{failed} of {row.max_attempts} failed" if failed else NONE


STATE = cell("state", lambda row: state(row.status))
TOOK = cell("took", lambda row: took(row.started_at, row.finished_at))
MODEL = cell("model", lambda row: row.model or NONE)
TRIES = cell("attempts", _tries)
ERROR_LINE = cell("error", lambda row: error_line(row.error))
