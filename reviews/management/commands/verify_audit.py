"""`manage.py verify_audit`: whether the history of reviews is as it was written."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, ConsoleCommand, Refused
from common.console.text import count, styled
from reviews.audit.verification import verify


class Command(ConsoleCommand):
    help = "Verify the history of reviews. Exits with 1 and names the first break of each stream when it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stream", default="", help="only this stream, such as review:ID")
        parser.add_argument("--against", metavar="FILE", help="an earlier export: its checkpoint must still hold")

    def act(self, **options: Any) -> int:
        if options["stream"] and options["against"]:
            raise Refused("--against looks at everything: leave --stream out")
        found = verify(options["stream"], _saved(options["against"]))
        if self.is_json:
            breaks = [{"stream": one.stream, "sequence": one.sequence, "message": one.message} for one in found.breaks]
            numbers = {name: getattr(found, name) for name in ("streams", "events", "erased", "checkpoints")}
            self.print_json({"is_sound": found.is_sound} | numbers | {"breaks": breaks})
            return DONE if found.is_sound else FAILED
        for one in found.breaks:
            self.errors.print(styled(str(one), "red"), soft_wrap=True)
        looked = f"{count(found.events, 'event')} in {count(found.streams, 'stream')}"
        looked += f", {count(found.checkpoints, 'checkpoint')}"
        looked += f", {count(found.erased, 'event')} without content" if found.erased else ""
        self.say(styled(f"{'sound' if found.is_sound else 'NOT sound'}: {looked}"))
        return DONE if found.is_sound else FAILED


def _saved(path: str | None) -> dict[str, Any] | None:
    """The checkpoint at the end of an export."""
    if path is None:
        return None
    try:
        last = Path(path).read_text().strip().splitlines()[-1]
        saved = json.loads(last)["checkpoint"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Refused(f"{path} is no complete export: its last line should be a checkpoint") from error
    if saved is None:
        raise Refused(f"{path} has no checkpoint: it was exported before there was one")
    return dict(saved)
