"""`manage.py executions`: list executions, or show one in detail."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand, whole_number
from common.console.text import moment, seconds, styled
from orchestration.console.execution import print_events, print_execution
from orchestration.console.status import look
from orchestration.models import Execution
from orchestration.selectors.events import events_after
from orchestration.selectors.executions import execution_status, find_execution
from orchestration.selectors.history import attempts_of, recent_executions
from orchestration.selectors.pipelines import find_version
from orchestration.states import ExecutionStatus


class Command(ConsoleCommand):
    help = "List the newest executions, or show one in detail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("execution", nargs="?", metavar="ID", help="the execution to show; without it, a list")
        parser.add_argument("--events", action="store_true", help="with ID: its history as well")
        parser.add_argument("--status", choices=[str(status) for status in ExecutionStatus], help="only these")
        parser.add_argument("--pipeline", metavar="ID", help="only those of this pipeline")
        parser.add_argument(
            "--limit", type=whole_number(1), default=20, metavar="N", help="how many at most (default: 20)"
        )

    def act(self, **options: Any) -> int:
        if options["execution"]:
            self._show_one(options["execution"], with_events=options["events"])
        else:
            if options["pipeline"] is not None:
                find_version(pipeline_id=options["pipeline"])  # a typo is no empty list
            found = recent_executions(status=options["status"], pipeline_id=options["pipeline"], limit=options["limit"])
            self._show_list(found)
        return DONE

    def _show_one(self, execution_id: str, *, with_events: bool) -> None:
        execution = find_execution(execution_id)
        status, attempts = execution_status(execution.pk), attempts_of(execution.pk)
        events = events_after(execution.pk) if with_events else []
        if self.is_json:
            for name, task in status["tasks"].items():
                task["attempts"] = attempts.get(name, [])
            self.print_json(status | ({"events": events} if with_events else {}))
            return
        print_execution(self.console, status, attempts)
        if with_events:
            print_events(self.console, events)

    def _show_list(self, executions: list[Execution]) -> None:
        if self.is_json:
            self.print_json({"executions": [_summary(row) for row in executions]})
        elif not executions:
            self.console.print("no executions; start one with: python manage.py run_pipeline FILE --text FILE")
        else:
            self.console.print(_table(executions))


def _table(executions: list[Execution]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("", "execution", "pipeline", "tasks", "created (UTC)", "took"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("tasks", "took") else "left")
    table.add_column("error", ratio=1)
    for row in executions:
        summary = _summary(row)
        done = summary["tasks"] - summary["open_tasks"]
        table.add_row(
            look(summary["status"]),
            styled(summary["execution_id"]),
            styled(f"{row.pipeline_id} v{summary['pipeline_version']}"),
            styled(f"{done}/{summary['tasks']}"),
            styled(moment(row.created_at)),
            styled(seconds(summary["duration_seconds"])),
            styled((row.error or {}).get("message", ""), "red", 120),
        )
    return table


def _summary(row: Execution) -> dict[str, Any]:
    took = (row.finished_at - row.started_at).total_seconds() if row.finished_at and row.started_at else None
    return {
        "execution_id": str(row.pk),
        "pipeline_id": row.pipeline_id,
        "pipeline_version": row.version.number,
        "status": str(row.status),
        "tasks": row.version.task_count,
        "open_tasks": row.open_task_runs,
        "error": row.error,
        "labels": row.labels,
        "created_at": row.created_at.isoformat(),
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "duration_seconds": took,
    }
