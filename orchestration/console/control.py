"""Commands that do one thing to several executions: `cancel`, `pause`, `resume`."""

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import styled
from orchestration.console.status import look
from orchestration.selectors.executions import find_execution


class ControlCommand(ConsoleCommand):
    """`done` is the word for what was done, and the key of the JSON document: `{"cancelled": {id: true}}`."""

    done: str
    takes_reason = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("executions", nargs="+", metavar="ID", help="an execution's id")
        if self.takes_reason:
            parser.add_argument("--reason", default="", help="why, for the execution's history")

    @abstractmethod
    def control(self, execution_id: UUID, **options: Any) -> bool:
        """Do it; False when the execution had already ended."""

    def act(self, **options: Any) -> int:
        # All are looked up before the first one is touched: a mistyped id changes nothing.
        keys = dict.fromkeys(find_execution(execution_id).pk for execution_id in options["executions"])
        done = {key: self.control(key, **options) for key in keys}
        if self.is_json:
            self.print_json({self.done: {str(key): was_open for key, was_open in done.items()}})
        for key, was_open in done.items():
            status = str(find_execution(key).status)
            said = f"{key}" if was_open else f"{key} had already ended"
            self.say(look(status if was_open else "note"), styled(said))
        return DONE if all(done.values()) else FAILED
