"""`manage.py gc_models`: delete the files that no version needs."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, styled
from registry.console import size_text
from registry.services.collection import GRACE, collect_garbage

HOURS = GRACE.total_seconds() / 3600


class Command(ConsoleCommand):
    help = "Delete files that no version has, what broken-off registrations left, and uploads nobody went on with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")
        parser.add_argument(
            "--older-than",
            type=float,
            default=HOURS,
            metavar="HOURS",
            help=f"files unused so long (default: {HOURS:g})",
        )

    def act(self, **options: Any) -> int:
        if options["older_than"] < 0:
            raise Refused("--older-than: hours, at least 0")
        found = collect_garbage(dry_run=options["dry_run"], grace=timedelta(hours=options["older_than"]))
        if self.is_json:
            self.print_json(found.as_dict())
            return DONE
        said = (
            f"{count(found.contents, 'unused file')} ({size_text(found.content_bytes)}), "
            f"{count(found.leftovers, 'broken-off registration')} ({size_text(found.leftover_bytes)}), "
            f"{count(found.uploads, 'abandoned upload')}, {count(found.folders, 'folder')} of versions that are gone"
        )
        self.say(styled(f"would delete {said}" if found.is_dry_run else f"deleted {said}", "green"))
        return DONE
