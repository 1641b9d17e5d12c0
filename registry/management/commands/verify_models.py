"""`manage.py verify_models`: read every file and compare it with what was registered."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, hint, seconds, styled
from registry.console import byte_bar, caller, size_text
from registry.models import ModelVersion, VerificationRecord
from registry.selectors.resolving import find_referenced
from registry.services.verification import verify_version
from registry.states import VersionKind, VersionState


class Command(ConsoleCommand):
    help = "Compare the files of all versions (or of those named) with their digests; exit code 1 when one is damaged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "references", nargs="*", metavar="MODEL", help="name, name@alias or name:version; without any, everything"
        )

    def act(self, **options: Any) -> int:
        versions = list(_chosen(options["references"]))
        total, done = sum(version.size for version in versions), 0
        records = []
        with byte_bar(self.errors, "verifying", is_shown=not self.is_json) as progress:
            for version in versions:

                def advance(step: int) -> None:
                    nonlocal done
                    done += step
                    progress(done, total)

                records.append((version, verify_version(version=version, actor=caller(), advance=advance)))
        damaged = [version for version, record in records if not record.is_intact]
        if self.is_json:
            self.print_json({"versions": [_summary(*found) for found in records], "damaged": len(damaged)})
        else:
            self._show(records)
        return FAILED if damaged else DONE

    def _show(self, records: list[tuple[ModelVersion, VerificationRecord]]) -> None:
        for version, record in records:
            name = f"{version.model.name}:{version.label}"
            read = (
                f"{count(record.files_checked, 'file')}, {size_text(record.bytes_checked)}, {seconds(record.seconds)}"
            )
            if record.is_intact:
                self.say(styled(f"intact   {name} ({read})", "green"))
                continue
            self.say(styled(f"damaged  {name}, in quarantine now", "red"))
            for problem in record.problems:
                self.say(hint(f"{problem['path']}: {problem['problem']}"))
        if not records:
            self.say("no versions with files")


def _chosen(references: list[str]) -> Iterable[ModelVersion]:
    if references:
        return [find_referenced(reference) for reference in references]
    kept = ModelVersion.objects.filter(kind=VersionKind.FILES).exclude(state=VersionState.PENDING)
    return kept.select_related("model").order_by("model__name", "number")


def _summary(version: ModelVersion, record: VerificationRecord) -> dict[str, Any]:
    return {
        "name": version.model.name,
        "version": version.label,
        "state": version.state,
        "is_intact": record.is_intact,
        "files": record.files_checked,
        "bytes": record.bytes_checked,
        "problems": record.problems,
        "seconds": record.seconds,
    }
