"""`manage.py promote_model`: make a version the default, or have an alias name it."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand
from common.console.text import hint, styled
from registry.console import caller
from registry.selectors.versions import version_summary
from registry.services.pointers import move_alias, rolls_back_to, set_default
from registry.states import DEFAULT


class Command(ConsoleCommand):
    help = "Make a version the default of its model, or (--alias) what an alias names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the model")
        parser.add_argument("label", metavar="VERSION", help="the version: label, alias or number")
        parser.add_argument("--alias", metavar="ALIAS", help="move this alias instead of the default")
        parser.add_argument(
            "--expected", metavar="VERSION", help="only if this version is there now (empty: nothing), else fail"
        )
        parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the history")

    def act(self, **options: Any) -> int:
        given = {
            "model_name": options["name"],
            "version": options["label"],
            "expected": options["expected"],
            "actor": caller(),
            "reason": options["reason"],
        }
        alias = options["alias"]
        version = set_default(**given) if alias is None else move_alias(alias=alias, **given)
        if self.is_json:
            self.print_json(version_summary(version))
            return DONE
        pointer = "default" if alias is None else f'alias "{alias}"'
        self.say(styled(f'the {pointer} of "{version.model.name}" is {version.label}', "green"))
        before = rolls_back_to(version.model, alias or DEFAULT)
        if before is not None:
            back = f" --alias {alias}" if alias else ""
            self.say(hint(f"back to {before.label}: python manage.py rollback_model {version.model.name}{back}"))
        return DONE
