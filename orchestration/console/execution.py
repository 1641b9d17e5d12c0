"""One execution on a terminal: its tasks, why it failed and what helps, its history, its output."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.console.text import count, hint, moment, plain, seconds, styled
from orchestration.console.status import look
from orchestration.selectors.hints import hint_for

MAX_OUTPUT_LINES = 60
MAX_LINE = 400


def print_execution(console: Console, status: Mapping[str, Any], attempts: Mapping[str, list[dict[str, Any]]]) -> None:
    """Everything about an execution but its history (`status` as `selectors.executions.execution_status` has it)."""
    heading = f"{status['pipeline_id']} v{status['pipeline_version']}  {status['execution_id']}"
    console.print(look(status["status"]), styled(heading, "bold"))
    facts = [f"created {moment(parse_datetime(status['created_at']))} UTC"]
    if status["duration_seconds"] is not None:
        facts.append(f"took {seconds(status['duration_seconds'])}")
    facts += [f"{key}={value}" for key, value in status["labels"].items()]
    console.print(styled(" · ".join(facts), "dim"))
    if status["reason"]:
        console.print(styled(f"It waits: {status['reason']}", "yellow"))
    console.print(_task_table(status["tasks"], attempts))
    print_error(console, status)
    if status["output"] is not None:
        console.print(Text("output", style="bold"))
        print_value(console, status["output"])


def print_error(console: Console, status: Mapping[str, Any]) -> None:
    """Why it did not complete, in which task, and what helps."""
    error = status["error"]
    if not error:
        return
    where = f'task "{error["task"]}": ' if error.get("task") else ""
    console.print(styled(f"{where}{error['message']}", "red"), styled(f"[{error['code']}]", "dim"))
    console.print(hint(f"what helps: {hint_for(error['code']).text}"), soft_wrap=True)


def print_value(console: Console, value: object) -> None:
    """A value as readable JSON, long texts and long values cut."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    for line in lines[:MAX_OUTPUT_LINES]:
        indent = len(line) - len(line.lstrip())
        console.print(Text(" " * indent + plain(line, MAX_LINE)))
    if len(lines) > MAX_OUTPUT_LINES:
        console.print(styled(f"… {count(len(lines) - MAX_OUTPUT_LINES, 'more line')}; --json has all of it", "dim"))


def print_events(console: Console, events: Iterable[Mapping[str, Any]]) -> None:
    """The history, one line for each event."""
    console.print(Text("history", style="bold"))
    for event in events:
        at = parse_datetime(event["at"])
        details = ", ".join(f"{key}={_brief(value)}" for key, value in event["details"].items())
        task = f"{event['task']} " if event["task"] else ""
        time_of_day = f"{at:%H:%M:%S.%f}"[:-3] if at else ""
        console.print(styled(time_of_day, "dim"), styled(f"{event['kind']:<20}"), styled(task), styled(details, "dim"))


def _brief(value: object) -> str:
    return plain(value["message"] if isinstance(value, dict) and "message" in value else value, 120)


def _task_table(tasks: Mapping[str, Mapping[str, Any]], attempts: Mapping[str, list[dict[str, Any]]]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("", "task", "type", "model", "attempts"):
        table.add_column(heading, no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("", ratio=1)
    for name, task in tasks.items():
        tried = attempts.get(name, [])
        table.add_row(
            look(task["status"]),
            styled(name),
            styled(task["type"], "dim"),
            styled(task["model"] or "", "dim"),
            styled("reused", "dim") if task["reused"] else styled(_tried(tried)),
            styled(seconds(task["duration_seconds"])),
            styled((task["error"] or {}).get("message", ""), "red" if task["status"] != "skipped" else "dim", 200),
        )
    return table


def _tried(attempts: list[dict[str, Any]]) -> str:
    """`1`, or with what went wrong before: `3 (failed, crashed)`."""
    bad = [attempt["status"].replace("_", " ") for attempt in attempts if attempt["status"] != "completed"]
    return f"{len(attempts)} ({', '.join(bad)})" if bad else str(len(attempts) or "")
