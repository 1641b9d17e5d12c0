"""`manage.py compare_models`: what differs between two versions, with an exit code for CI."""

import math
from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, FAILED, ConsoleCommand, Refused
from common.console.text import styled
from registry.comparison import Comparison, FigureChange, FileChange, MetricChange, NamesChange, ValueChange
from registry.figures import delta_words
from registry.schema_compatibility import Compatibility
from registry.selectors.comparing import compare_versions

REASONS = {
    "different": "the versions differ",
    "worse": "a metric got worse",
    "worse-in-use": "it does worse in use",
    "breaking": "callers may break",
}
STYLES = {"better": "green", "worse": "red"}


class Command(ConsoleCommand):
    help = "Compare two versions: name, name@alias, name:version or name:number each. Only differences are shown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("before", metavar="BEFORE", help="for example classifier (its default)")
        parser.add_argument("after", metavar="AFTER", help="for example classifier:v2.1.0")
        parser.add_argument("--all", action="store_true", help="show also what is the same")
        parser.add_argument("--markdown", action="store_true", help="print Markdown, for a pull request")
        parser.add_argument(
            "--fail-on",
            metavar="WHAT",
            action="append",
            default=[],
            choices=list(REASONS),
            help=f"end with exit code 1 when: {', '.join(REASONS)}; may be repeated",
        )
        parser.add_argument(
            "--tolerance", type=float, default=0.0, metavar="PART", help="worse means by more than, say, 0.01 (1 %%)"
        )

    def act(self, **options: Any) -> int:
        if not 0 <= options["tolerance"] < math.inf:
            raise Refused(f"--tolerance: a part of 0 or more, such as 0.01, not {options['tolerance']}")
        found = compare_versions(options["before"], options["after"], only_differences=not options["all"])
        failed = [reason for reason in options["fail_on"] if _is(found, reason, options["tolerance"])]
        if self.is_json:
            self.print_json(found.as_dict() | {"failed_on": failed})
        elif options["markdown"]:
            self.stdout.write(found.as_markdown())
        else:
            self._show(found)
        for reason in failed:
            self.errors.print(f"--fail-on {reason}: {REASONS[reason]}", style="red")
        return FAILED if failed else DONE

    def _show(self, found: Comparison) -> None:
        self.say(styled(f"{found.before.reference} → {found.after.reference}", "bold"))
        if found.is_same:
            self.say("nothing differs")
        self._print("metrics", ("metric", "before", "after", "change", ""), map(_metric, found.metrics))
        self._print("in use", ("figure", "before", "after", "change", ""), map(_figure, found.record))
        for title, values in (
            ("parameters", found.parameters),
            ("metadata", found.metadata),
            ("facts", found.facts),
        ):
            self._print(title, ("name", "before", "after"), map(_value, values))
        for title, names in (("tags", found.tags), ("aliases", found.aliases)):
            self._print(title, ("", "names"), _names(names, found.only_differences))
        for title, schema in (("input schema", found.input_schema), ("output schema", found.output_schema)):
            if schema.compatibility is not Compatibility.NONE:
                self._print(f"{title}: {schema.compatibility}", ("",), ((styled(note),) for note in schema.notes))
        self._print("files", ("file", "", "before", "after", "bytes"), map(_file, found.files))

    def _print(self, title: str, headings: tuple[str, ...], rows: Any) -> None:
        table = Table(box=None, padding=(0, 2), header_style="dim", title=title, title_justify="left")
        for heading in headings:
            table.add_column(heading)
        for row in rows:
            table.add_row(*row)
        if table.row_count:
            self.console.print(table)


def _is(found: Comparison, reason: str, tolerance: float) -> bool:
    return {
        "different": not found.is_same,
        "worse": bool(found.worse(tolerance)),
        "worse-in-use": bool(found.worse_in_use(tolerance)),
        "breaking": found.is_breaking,
    }[reason]


def _metric(metric: MetricChange) -> tuple[Any, ...]:
    relative = f" ({metric.relative:+.1%})" if metric.relative is not None else ""
    delta = f"{metric.delta:+.6g}{relative}" if metric.delta is not None else ""
    said = metric.verdict if metric.verdict != "unknown" else ""
    cells = (metric.name, _number(metric.before), _number(metric.after), delta)
    return (*map(styled, cells), styled(said, STYLES.get(said, "")))


def _figure(figure: FigureChange) -> tuple[Any, ...]:
    delta = delta_words(figure.delta, figure.unit) if figure.delta else ""
    said = figure.verdict if figure.verdict != "unknown" else ""
    chance = ", may be chance" if figure.may_be_chance else ""
    cells = (figure.label, figure.before_words, figure.after_words, delta)
    return (*map(styled, cells), styled(said + chance, "" if chance else STYLES.get(said, "")))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _value(value: ValueChange) -> tuple[Any, ...]:
    before = "–" if value.change == "added" else value.before
    after = "–" if value.change == "removed" else value.after
    return styled(value.name), styled(before, limit=60), styled(after, limit=60)


def _names(names: NamesChange, only_differences: bool) -> list[tuple[Any, ...]]:
    groups = [("added", names.added), ("removed", names.removed)]
    groups += [] if only_differences else [("in both", names.kept)]
    return [(styled(word), styled(", ".join(group))) for word, group in groups if group]


def _file(file: FileChange) -> tuple[Any, ...]:
    digests = (file.before_digest[:12] or "–", file.after_digest[:12] or "–")
    return tuple(map(styled, (file.path, file.change, *digests, f"{file.size_delta:+,}")))
