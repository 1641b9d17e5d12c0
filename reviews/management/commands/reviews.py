"""`manage.py reviews`: list reviews, or show one with its history and why it is with whom it is."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import hint, moment, styled
from reviews import clock
from reviews.actors import find_reviewer
from reviews.models import ReviewRequest
from reviews.selectors.describing import describe, summary
from reviews.selectors.history import history
from reviews.selectors.inbox import Filters, Tab, inbox
from reviews.selectors.team import why
from reviews.states import Priority, ReviewStatus
from reviews.store import find_review
from web.quantities import rough


class Command(ConsoleCommand):
    help = "List open reviews, the most pressing first, or show one in detail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("review", nargs="?", metavar="ID", help="the review to show; without it, a list")
        parser.add_argument("--tab", choices=[str(tab) for tab in Tab], default="all", help="which (default: all open)")
        parser.add_argument("--reviewer", metavar="ID", help="as this reviewer sees them")
        parser.add_argument("--priority", choices=[str(one) for one in Priority], default="", help="only these")
        parser.add_argument("--reason", default="", metavar="CODE", help="only those asked for because of this")
        parser.add_argument("--overdue", action="store_true", help="only what is overdue")
        parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many at most (default: 20)")

    def act(self, **options: Any) -> int:
        if options["review"]:
            self._show_one(find_review(options["review"]))
            return DONE
        if options["tab"] == Tab.MINE and not options["reviewer"]:
            raise Refused("--tab mine: say whose, with --reviewer ID")
        reviewer = find_reviewer(options["reviewer"]) if options["reviewer"] else None
        filters = Filters(priority=options["priority"], reason=options["reason"], is_overdue=options["overdue"])
        page = inbox(reviewer, options["tab"], filters, limit=options["limit"])
        if self.is_json:
            self.print_json({"reviews": [summary(row) for row in page.rows], "next_cursor": page.next_cursor})
        elif not page.rows:
            self.say("no reviews here")
        else:
            self.console.print(_table(page.rows))
            if page.next_cursor:
                self.say(hint("there are more: --limit"))
        return DONE

    def _show_one(self, review: ReviewRequest) -> None:
        lines, reason = history(review.pk), why(review.pk)
        if self.is_json:
            self.print_json(describe(review) | {"why": reason, "history": [line.as_dict() for line in lines]})
            return
        self.say(styled(f"{review.subject_label or review.task_name}", "bold"), styled(str(review.pk), "dim"))
        who = f", {review.assignee}" if review.assignee else ""
        self.say(styled(f"{ReviewStatus(review.status).label}{who}; priority {review.priority}, risk {review.risk}"))
        self.say(styled(f"due {moment(review.due_at)} UTC, {review.policy.label if review.policy else 'no policy'}"))
        if reason["sentence"]:
            self.say(styled(f"{reason['question']}: {reason['sentence']}"))
        for remedy in reason["remedies"]:
            self.say(hint(remedy))
        for line in lines:
            self.say(styled(f"{line.sequence:>4}  {moment(line.at)}", "dim"), styled(line.sentence))


def _table(rows: list[ReviewRequest]) -> Table:
    now = clock.now()
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("review", "about", "priority", "status", "whose", "due", "asked because"):
        table.add_column(heading, no_wrap=heading == "review")
    for row in rows:
        is_late = row.is_open and row.due_at < now
        table.add_row(
            styled(str(row.pk)),
            styled(row.subject_label or row.task_name, limit=50),
            styled(row.priority, "bold" if row.priority in ("high", "urgent") else ""),
            styled(ReviewStatus(row.status).label + (" (escalated)" if row.is_escalated else "")),
            styled(row.assignee.name if row.assignee else "–"),
            styled(_due(row, now), "red" if is_late else ""),
            styled(row.reason_codes.strip("|").replace("|", ", ")),
        )
    return table


def _due(row: ReviewRequest, now: Any) -> str:
    """`in 3 h 20 m`, `2 d late`."""
    if not row.is_open:
        return moment(row.closed_at)
    text = rough(abs((row.due_at - now).total_seconds()))
    return f"in {text}" if row.due_at >= now else f"{text} late"
