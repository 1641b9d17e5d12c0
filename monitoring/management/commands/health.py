"""`manage.py health`: how the system is, in one page."""

from typing import Any

from django.core.management.base import CommandParser
from rich.text import Text

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import plain, styled
from monitoring.area_words import describe_area
from monitoring.selectors.health import system_health
from orchestration.console.status import look

LOOKS = {"ok": "ok", "degraded": "warning", "failing": "problem"}


class Command(ConsoleCommand):
    help = "Say how the system is: areas, and what is not well. Exits with 1 when something is failing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also the checks that are well (doctor shows them too)")

    def act(self, **options: Any) -> int:
        health = system_health(fresh=True)
        if self.is_json:
            self.print_json(health)
        else:
            self._show(health, show_all=options["all"])
        return FAILED if health["status"] == "failing" else DONE

    def _show(self, health: dict[str, Any], *, show_all: bool) -> None:
        judged = health.get("executions", {}).get("judged", 0)
        rate = f"{health['overall_success_rate']:.1%} of {judged} executions succeeded"
        told = f"{rate if judged else 'no execution was judged'} in 24 hours"
        self.say(look(LOOKS[health["status"]], width=10), styled(f"{health['status']}: {told}"))
        for name, area in health.get("areas", {}).items():
            self.say(Text("  "), look(LOOKS[area["status"]], width=10), styled(f"{name}: {describe_area(name, area)}"))
        for check in health["checks"]:
            if show_all or check["status"] in ("warning", "problem"):
                self.say(Text("  "), look(check["status"], width=10), styled(f"{check['name']}: {check['said']}"))
                if check["hint"]:
                    self.say(Text(" " * 15 + plain(check["hint"]), style="yellow"))
