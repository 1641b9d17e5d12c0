"""`manage.py doctor`: is this installation able to do its work, and are its rows as they must be?"""

from typing import Any

from rich.text import Text

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import plain, styled
from common.health import Check, examine
from orchestration.console.status import look


class Command(ConsoleCommand):
    help = "Say what is configured, reachable, healthy and correct. Exits with 1 when there is a problem."

    def act(self, **options: Any) -> int:
        checks: list[Check] = []
        for check in examine():
            if not checks or checks[-1].section != check.section:
                self.say(Text(check.section, style="bold"))
            checks.append(check)
            self._show(check)
        problems = sum(check.status == "problem" for check in checks)
        if self.is_json:
            self.print_json({"healthy": not problems, "checks": [check.as_dict() for check in checks]})
        return FAILED if problems else DONE

    def _show(self, check: Check) -> None:
        self.say(Text(" "), look(check.status, width=10), styled(f"{check.name}: {check.said}"))
        if check.hint:
            self.say(Text(" " * 14 + plain(check.hint), style="yellow"))
