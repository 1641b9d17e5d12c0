"""`manage.py cancel`: cancel executions, at once and for good."""

from typing import Any

from django.core.management.base import CommandParser

from orchestration.console.command import DONE, FAILED, ConsoleCommand
from orchestration.console.status import look
from orchestration.console.text import styled
from orchestration.selectors.executions import find_execution
from orchestration.services.executions import cancel_execution


class Command(ConsoleCommand):
    help = "Cancel executions. Exits with 1 when one of them had already ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("executions", nargs="+", metavar="ID", help="an execution's id")
        parser.add_argument("--reason", default="", help="why, for the execution's history")

    def act(self, **options: Any) -> int:
        # All are looked up before the first one is cancelled: a mistyped id changes nothing.
        found = [find_execution(execution_id) for execution_id in options["executions"]]
        cancelled = {str(row.pk): cancel_execution(execution_id=row.pk, reason=options["reason"]) for row in found}
        if self.is_json:
            self.print_json({"cancelled": cancelled})
        for execution_id, was_open in cancelled.items():
            said = execution_id if was_open else f"{execution_id} had already ended"
            self.say(look("cancelled" if was_open else "note"), styled(said))
        return DONE if all(cancelled.values()) else FAILED
