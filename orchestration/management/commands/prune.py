"""`manage.py prune`: throw away what is past its retention."""

from typing import Any

from django.core.management.base import CommandParser
from rich.progress import Progress

from common.console.command import DONE, ConsoleCommand
from common.console.text import count, styled
from orchestration.console.status import look
from orchestration.services.retention import (
    BATCH,
    finished_before,
    prune_executions,
    prune_gone_workers,
    prune_orphaned_blobs,
)


class Command(ConsoleCommand):
    help = "Delete finished executions past their retention, blobs nobody refers to, and workers long gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=float, metavar="DAYS", help="days since the end (default: FINISHED_RETENTION_DAYS)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many executions would go")
        parser.add_argument(
            "--batch", type=int, default=BATCH, metavar="N", help=f"executions per transaction (default: {BATCH})"
        )

    def act(self, **options: Any) -> int:
        days = options["older_than"]
        if options["batch"] < 1 or (days is not None and days < 0):
            return self.report("bad_usage", "--batch must be at least 1 and --older-than at least 0")
        total = finished_before(days).count()
        if options["dry_run"]:
            return self._report({"executions": total, "dry_run": True}, f"{count(total, 'execution')} would be deleted")
        executions = self._prune_executions(days, options["batch"], total)
        blobs, workers = prune_orphaned_blobs(), prune_gone_workers()
        said = f"deleted {count(executions, 'execution')}, {count(blobs, 'blob')}, {count(workers, 'worker')} long gone"
        return self._report({"executions": executions, "blobs": blobs, "workers": workers, "dry_run": False}, said)

    def _prune_executions(self, days: float | None, batch: int, total: int) -> int:
        deleted = 0
        with Progress(console=self.console, disable=self.is_json or not self.console.is_terminal) as progress:
            bar = progress.add_task("executions", total=total)
            for number in prune_executions(older_than_days=days, batch=batch):
                deleted += number
                progress.update(bar, completed=deleted)
        return deleted

    def _report(self, document: dict[str, Any], said: str) -> int:
        if self.is_json:
            self.print_json(document)
        else:
            self.console.print(look("ok"), styled(said))
        return DONE
