"""`manage.py api_token`: tokens that programs log in with over REST."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, hint
from orchestration.services.tokens import create_token, revoke_tokens


class Command(ConsoleCommand):
    help = "Make a token for a user, shown once; or revoke all tokens of the user."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USER", help="who the program acts as")
        lifetime = parser.add_mutually_exclusive_group()
        lifetime.add_argument("--days", type=float, default=90, help="how long it is valid (default: 90)")
        lifetime.add_argument("--never-expires", action="store_true", help="valid until it is revoked")
        lifetime.add_argument("--revoke", action="store_true", help="make every token of the user invalid instead")

    def act(self, **options: Any) -> int:
        user = get_user_model()._default_manager.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise Refused(f'there is no active user "{options["username"]}"; manage.py createsuperuser makes one')
        if options["revoke"]:
            return self._revoked(revoke_tokens(user=user))
        days = None if options["never_expires"] else options["days"]
        if days is not None and not 0 < days <= 36_500:
            raise Refused("--days: give a number of days above 0 (at most 36500)")
        token = create_token(user=user, days=days)
        if self.is_json:
            self.print_json({"token": token, "username": options["username"], "days": days})
        self.say(token)
        self.say(hint("shown only now; send it as: Authorization: Bearer TOKEN"))
        return DONE

    def _revoked(self, number: int) -> int:
        if self.is_json:
            self.print_json({"revoked": number})
        self.say(f"{count(number, 'token')} revoked")
        return DONE
