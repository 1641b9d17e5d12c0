"""`manage.py assign_reviews`: let routing place what nobody has, as the ticker does."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, hint, styled
from reviews.selectors.inbox import Tab, inbox
from reviews.selectors.team import unassignable, why
from reviews.services.assignment import BATCH, assign_due, assign_review


class Command(ConsoleCommand):
    help = "Give unclaimed reviews to reviewers. Exits with 1 when some are left that nobody can take."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reviews", nargs="*", metavar="ID", help="only these; says why if nobody can")
        parser.add_argument("--limit", type=int, default=BATCH, metavar="N", help=f"at most N (default: {BATCH})")
        parser.add_argument("--dry-run", action="store_true", help="say who would get each, and assign nothing")

    def act(self, **options: Any) -> int:
        if options["dry_run"]:
            return self._preview(options["reviews"], options["limit"])
        if options["reviews"]:
            given = {key: assign_review(review_id=key, channel="command").reviewer_id for key in options["reviews"]}
            self._tell({"assigned": given}, [f"{key} → {reviewer}" for key, reviewer in given.items()])
            return DONE
        placed, nobody = assign_due(options["limit"]), unassignable()
        lines = [f"{count(placed, 'review')} assigned"]
        lines += [f"{count(number, 'review')} that nobody can take: {reason}" for _, number, reason in nobody]
        left = sum(number for _, number, _ in nobody)
        self._tell({"assigned": placed, "unassignable": left, "why": [reason for *_, reason in nobody]}, lines)
        return FAILED if left else DONE

    def _preview(self, keys: list[str], limit: int) -> int:
        keys = keys or [str(row.pk) for row in inbox(None, Tab.UNCLAIMED, limit=limit).rows]
        found = {key: why(key) for key in keys}
        self._tell({"preview": found}, [f"{key}: {one['sentence']}" for key, one in found.items()])
        for one in found.values():
            for remedy in one["remedies"]:
                self.say(hint(remedy))
        return DONE

    def _tell(self, document: dict[str, Any], lines: list[str]) -> None:
        if self.is_json:
            self.print_json(document)
        for line in lines:
            self.say(styled(line))
