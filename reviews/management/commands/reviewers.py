"""`manage.py reviewers`: who reviews, how loaded they are, and whether new reviews reach them."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand
from common.console.text import count, hint, moment, styled
from reviews.actors import find_reviewer
from reviews.selectors.history import history_of
from reviews.selectors.team import MemberLoad, team_load, unassignable


class Command(ConsoleCommand):
    help = "List the reviewers with their workload, or show one in detail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reviewer", nargs="?", metavar="ID", help="the reviewer to show; without it, all")
        parser.add_argument("--events", action="store_true", help="with ID: what was changed, by whom")

    def act(self, **options: Any) -> int:
        members = team_load()
        if options["reviewer"]:
            profile = find_reviewer(options["reviewer"])
            members = [one for one in members if one.id == profile.pk]
        events = history_of(f"reviewer:{options['reviewer']}") if options["reviewer"] and options["events"] else []
        nobody = [] if options["reviewer"] else unassignable()
        if self.is_json:
            document: dict[str, Any] = {"reviewers": [_summary(one) for one in members]}
            document["unassignable"] = [{"requirements": key, "reviews": n, "why": why} for key, n, why in nobody]
            self.print_json(document | ({"events": [line.as_dict() for line in events]} if events else {}))
            return DONE
        if not members:
            self.say("no active reviewers; register one: human_loop_manager.register_reviewer(ReviewerProfile(…))")
        else:
            self.console.print(_table(members))
        for line in events:
            self.say(styled(moment(line.at), "dim"), styled(line.sentence))
        for _, number, why in nobody:
            self.say(styled(f"! {count(number, 'review')} that nobody can take", "yellow"))
            self.say(hint(why))
        return DONE


def _summary(one: MemberLoad) -> dict[str, Any]:
    found = {name: getattr(one, name) for name in one.__slots__}
    found["next_shift_at"] = one.next_shift_at.isoformat() if one.next_shift_at else None
    return found


def _table(members: list[MemberLoad]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("id", "name", "load", "reviews", "overdue", "today", "now", "specializations"):
        numbers = ("load", "reviews", "overdue", "today")
        table.add_column(heading, justify="right" if heading in numbers else "left")
    for one in members:
        table.add_row(
            styled(one.id),
            styled(one.name + (" (lead)" if one.is_lead else "")),
            f"{one.load}/{one.capacity}",
            str(one.reviews),
            styled(one.overdue, "red" if one.overdue else ""),
            str(one.decided_today),
            styled(_now(one)),
            styled(", ".join(one.specializations)),
        )
    return table


def _now(one: MemberLoad) -> str:
    if one.availability != "available":
        return one.availability
    if not one.is_on_shift:
        return f"off until {one.next_shift_at:%a %H:%M} UTC" if one.next_shift_at else "off"
    return "available"
