"""`manage.py export_audit`: the history as JSON lines, with all that is needed to verify it elsewhere."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandParser

from common.console.command import DONE, ConsoleCommand, Refused
from common.console.text import count, styled
from reviews.audit.export import export_events
from reviews.audit.trail import write_checkpoint


class Command(ConsoleCommand):
    help = "Export the history of reviews as JSON lines: a manifest, the events, the newest checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="where to; without it, to stdout")
        parser.add_argument("--stream", default="", help="only this stream, such as review:ID or reviewer:ID")
        parser.add_argument("--actor", default="", help="only what this actor did, such as reviewer:ana")
        parser.add_argument("--since", metavar="TIME", help="only from this time on (ISO 8601, else UTC)")
        parser.add_argument("--until", metavar="TIME", help="only before this time")

    def act(self, **options: Any) -> int:
        write_checkpoint()
        lines = export_events(
            stream=options["stream"],
            actor=options["actor"],
            since=_time(options["since"]),
            until=_time(options["until"]),
        )
        if not options["file"]:
            for line in lines:
                self.stdout.write(_dump(line))
            return DONE
        with Path(options["file"]).open("w", encoding="ascii") as file:
            events = _write(file, lines)
        if self.is_json:
            self.print_json({"file": options["file"], "events": events})
        self.say(styled(f"{count(events, 'event')} written to {options['file']}"))
        return DONE


def _write(file: IO[str], lines: Any) -> int:
    events = 0
    for line in lines:
        file.write(_dump(line) + "\n")
        events += "event" in line
    return events


def _dump(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f'"{text}" is no time; write it as 2026-11-22 or 2026-11-22T15:00:00+01:00') from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
