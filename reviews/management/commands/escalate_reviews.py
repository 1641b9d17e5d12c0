"""`manage.py escalate_reviews`: do what time has made due, as the ticker does."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand
from common.console.text import count, moment, styled
from reviews import clock
from reviews.escalation.running import BATCH, due_steps, run_due
from reviews.escalation.timeline import say


class Command(ConsoleCommand):
    help = "Carry out the steps of escalation policies that are due, end leases, and let decisions take effect."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=BATCH, metavar="N", help=f"of each at most (default: {BATCH})")
        parser.add_argument("--dry-run", action="store_true", help="list the steps that are due, and do nothing")

    def act(self, **options: Any) -> int:
        if options["dry_run"]:
            return self._preview(options["limit"])
        done = run_due(limit=options["limit"])
        if self.is_json:
            self.print_json({"moved": done})
        self.say(styled(f"{count(done, 'review')} moved"))
        return DONE

    def _preview(self, limit: int) -> int:
        rows = due_steps(clock.now()).select_related("policy").prefetch_related("policy__steps")[:limit]
        due = [(row, row.policy, list(row.policy.steps.all())[row.next_step]) for row in rows if row.policy]
        if self.is_json:
            steps = [
                {"review_id": str(row.pk), "policy": policy.label, "step": step.position, "action": step.action}
                for row, policy, step in due
            ]
            self.print_json({"due": steps})
        for row, policy, step in due:
            self.say(styled(moment(row.next_step_at), "dim"), styled(f"{row.pk} {policy.label}: {say(step)}"))
        if not due:
            self.say("nothing is due")
        return DONE
