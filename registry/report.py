"""A comparison as Markdown, for pull requests and tickets. Pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from registry.comparison import Comparison, FigureChange, FileChange, MetricChange, NamesChange, ValueChange
from registry.figures import delta_words
from registry.schema_compatibility import Compatibility, SchemaChange

LONGEST = 120
SHORT_DIGEST = 12
SIGNS = {"better": "better", "worse": "**worse**", "same": "same", "unknown": ""}


def as_markdown(comparison: Comparison) -> str:
    """A heading, a line that sums up, and a table for each thing that differs."""
    before, after = comparison.before, comparison.after
    lines = [f"# {_escape(before.reference)} → {_escape(after.reference)}", "", _sum_up(comparison)]
    lines += _section("Metrics", ("metric", "before", "after", "change", ""), map(_metric_row, comparison.metrics))
    lines += _section("In use", ("figure", "before", "after", "change", ""), map(_figure_row, comparison.record))
    for title, values in (
        ("Parameters", comparison.parameters),
        ("Metadata", comparison.metadata),
        ("Facts", comparison.facts),
    ):
        lines += _section(title, ("name", "before", "after"), map(_value_row, values))
    for title, names in (("Tags", comparison.tags), ("Aliases", comparison.aliases)):
        lines += _section(title, ("", "names"), _name_rows(names, comparison.only_differences))
    for title, schema in (("Input schema", comparison.input_schema), ("Output schema", comparison.output_schema)):
        lines += _schema_section(title, schema)
    lines += _section("Files", ("file", "", "before", "after", "bytes"), map(_file_row, comparison.files))
    return "\n".join(lines) + "\n"


def _sum_up(comparison: Comparison) -> str:
    if comparison.is_same:
        return "Nothing differs."
    verdicts = [metric.verdict for metric in comparison.metrics]
    said = [f"{verdicts.count(word)} metrics {word}" for word in ("better", "worse") if word in verdicts]
    said = [text.replace("1 metrics", "1 metric") if text.startswith("1 ") else text for text in said]
    said += [f"{name} {word} in use" for word, name in _in_use(comparison)]
    said += ["**breaking for callers**"] if comparison.is_breaking else []
    said += [f"{comparison.after.size - comparison.before.size:+,} bytes"] if comparison.files else []
    return ", ".join(said)[:1].upper() + ", ".join(said)[1:] + "." if said else "Differences in the tables below."


def _in_use(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """What got better or worse in use, without what may be chance."""
    sure = [figure for figure in comparison.record if figure.is_sure]
    return ((str(figure.verdict), _escape(figure.label)) for figure in sure)


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    table = [f"| {' | '.join(row)} |" for row in rows]
    if not table:
        return []
    return ["", f"## {title}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *table]


def _schema_section(title: str, change: SchemaChange) -> list[str]:
    if change.compatibility is Compatibility.NONE:
        return []
    return ["", f"## {title}: {change.compatibility}", "", *(f"- {_escape(note)}" for note in change.notes)]


def _metric_row(metric: MetricChange) -> tuple[str, ...]:
    relative = f" ({metric.relative:+.1%})" if metric.relative is not None else ""
    delta = "" if metric.delta is None else f"{metric.delta:+.6g}{relative}"
    return _escape(metric.name), _number(metric.before), _number(metric.after), delta, SIGNS[metric.verdict]


def _figure_row(figure: FigureChange) -> tuple[str, ...]:
    delta = "" if not figure.delta else delta_words(figure.delta, figure.unit)
    said = SIGNS[figure.verdict] + (", may be chance" if figure.may_be_chance else "")
    return _escape(figure.label), figure.before_words, figure.after_words, delta, said


def _value_row(value: ValueChange) -> tuple[str, ...]:
    before = "–" if value.change == "added" else _show(value.before)
    return _escape(value.name), before, "–" if value.change == "removed" else _show(value.after)


def _name_rows(names: NamesChange, only_differences: bool) -> Iterator[tuple[str, ...]]:
    groups = [("added", names.added), ("removed", names.removed)]
    groups += [] if only_differences else [("in both", names.kept)]
    return ((word, _escape(", ".join(group))) for word, group in groups if group)


def _file_row(file: FileChange) -> tuple[str, ...]:
    digests = (file.before_digest[:SHORT_DIGEST] or "–", file.after_digest[:SHORT_DIGEST] or "–")
    return _escape(file.path), file.change, *digests, f"{file.size_delta:+,}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _show(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def _escape(text: str) -> str:
    """Text that stays in its cell and is no markup."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())
