"""`manage.py rollback_model`: make the default, or an alias, what it was before."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand
from common.console.text import styled
from registry.console import caller
from registry.selectors.versions import version_summary
from registry.services.pointers import rollback_alias, rollback_default


class Command(ConsoleCommand):
    help = "Make the default of a model (or an alias) what it was before; again, what it was before that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the model")
        parser.add_argument("--alias", metavar="ALIAS", help="roll this alias back instead of the default")
        parser.add_argument("--expected", metavar="VERSION", help="only if this version is there now, else fail")
        parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the history")

    def act(self, **options: Any) -> int:
        given = {
            "model_name": options["name"],
            "expected": options["expected"],
            "actor": caller(),
            "reason": options["reason"],
        }
        alias = options["alias"]
        version = rollback_default(**given) if alias is None else rollback_alias(alias=alias, **given)
        if self.is_json:
            self.print_json(version_summary(version))
        pointer = "default" if alias is None else f'alias "{alias}"'
        self.say(styled(f'the {pointer} of "{version.model.name}" is {version.label} again', "green"))
        return DONE
