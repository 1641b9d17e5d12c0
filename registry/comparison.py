"""What differs between two versions, and whether it is for the better. Pure: facts in, a report out.

Owns the comparison; `selectors.comparing` fetches the facts, `report` writes it as Markdown.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from registry.figures import Figure, figure_words, may_be_chance
from registry.manifest import FileEntry
from registry.metrics import Verdict, better_of, judge
from registry.schema_compatibility import Compatibility, SchemaChange, compare_inputs, compare_outputs

Change = Literal["added", "removed", "changed", "same"]
"""`unknown`: nothing says which values are better, or one of the two versions was not measured."""


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """What is compared of one version."""

    name: str
    label: str
    number: int
    kind: str
    state: str
    digest: str
    size: int
    format: str = ""
    is_default: bool = False
    provider: str = ""
    provider_model: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    aliases: Sequence[str] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    default_parameters: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    input_schema: Mapping[str, Any] | None = None
    output_schema: Mapping[str, Any] | None = None
    files: Sequence[FileEntry] = ()
    record: Sequence[Figure] = ()
    """What use says of it."""

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.label}"


@dataclass(frozen=True, slots=True)
class MetricChange:
    """`relative` is the delta as a part of the value before; None when that was 0, or one of the two is missing."""

    name: str
    before: float | None
    after: float | None
    delta: float | None
    relative: float | None
    better: str | None
    """higher, lower, or None when nothing says which."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FigureChange(MetricChange):
    """What use says of the one and of the other; `samples` is how many events a value is made of."""

    label: str
    """For people."""
    unit: str
    before_samples: int
    after_samples: int
    may_be_chance: bool
    """Whether it is judged, and may well differ by chance."""
    before_is_cut: bool = False
    after_is_cut: bool = False
    """Whether a count stopped there and there are more."""

    @property
    def before_words(self) -> str:
        return figure_words(self.before, self.unit, self.before_samples, is_cut=self.before_is_cut)

    @property
    def after_words(self) -> str:
        return figure_words(self.after, self.unit, self.after_samples, is_cut=self.after_is_cut)

    @property
    def is_judged(self) -> bool:
        return self.verdict in ("better", "worse")

    @property
    def is_sure(self) -> bool:
        """Whether it is better or worse beyond chance."""
        return self.is_judged and not self.may_be_chance


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value under a name, such as `optimizer.learning_rate`. `before` is None when added, `after` when removed."""

    name: str
    change: Change
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class NamesChange:
    """Names that one version has and the other has not."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not (self.added or self.removed)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file by its path; sizes in bytes, 0 where it is not."""

    path: str
    change: Change
    before_digest: str
    after_digest: str
    before_size: int
    after_size: int

    @property
    def size_delta(self) -> int:
        return self.after_size - self.before_size


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The report. Lists hold differences only, unless everything was asked for."""

    before: VersionFacts
    after: VersionFacts
    only_differences: bool
    metrics: tuple[MetricChange, ...]
    parameters: tuple[ValueChange, ...]
    metadata: tuple[ValueChange, ...]
    facts: tuple[ValueChange, ...]
    """Kind, format, provider, its model, default parameters, description."""
    tags: NamesChange
    aliases: NamesChange
    input_schema: SchemaChange
    output_schema: SchemaChange
    files: tuple[FileChange, ...]
    record: tuple[FigureChange, ...]
    """What production and reviewers said; empty when neither was used, or it is not for who asks."""

    @property
    def is_same(self) -> bool:
        """Nothing differs but what points to the versions, and how they did in use."""
        values = (*self.parameters, *self.metadata, *self.facts)
        return (
            all(metric.verdict == "same" for metric in self.metrics)
            and all(value.change == "same" for value in values)
            and all(file.change == "same" for file in self.files)
            and self.tags.is_same
            and self.before.input_schema == self.after.input_schema
            and self.before.output_schema == self.after.output_schema
        )

    @property
    def is_breaking(self) -> bool:
        """Whether what worked with the one may fail with the other, by their schemas."""
        return Compatibility.BREAKING in (self.input_schema.compatibility, self.output_schema.compatibility)

    def worse(self, tolerance: float = 0.0) -> tuple[MetricChange, ...]:
        """The metrics that got worse, by more than `tolerance` as a part of the value before."""
        return tuple(
            metric
            for metric in self.metrics
            if metric.verdict == "worse" and (metric.relative is None or abs(metric.relative) > tolerance)
        )

    def worse_in_use(self, tolerance: float = 0.0) -> tuple[FigureChange, ...]:
        """What got worse in use, by more than `tolerance` as a part of the value before; without what may be chance."""
        worse = (figure for figure in self.record if figure.verdict == "worse" and figure.is_sure)
        return tuple(one for one in worse if one.relative is None or abs(one.relative) > tolerance)

    def as_dict(self) -> dict[str, Any]:
        """JSON-serialisable."""
        return {
            "before": _summary(self.before),
            "after": _summary(self.after),
            "only_differences": self.only_differences,
            "is_same": self.is_same,
            "is_breaking": self.is_breaking,
            "worse": [metric.name for metric in self.worse()],
            "metrics": [asdict(metric) for metric in self.metrics],
            "parameters": [asdict(value) for value in self.parameters],
            "metadata": [asdict(value) for value in self.metadata],
            "facts": [asdict(value) for value in self.facts],
            "tags": _names(self.tags, self.only_differences),
            "aliases": _names(self.aliases, self.only_differences),
            "input_schema": _schema(self.input_schema, self.only_differences),
            "output_schema": _schema(self.output_schema, self.only_differences),
            "files": [asdict(file) | {"size_delta": file.size_delta} for file in self.files],
            "record": [asdict(figure) for figure in self.record],
            "size_delta": self.after.size - self.before.size,
        }

    def as_markdown(self) -> str:
        """For a pull request or a ticket."""
        from registry.report import as_markdown

        return as_markdown(self)


def compare(
    before: VersionFacts,
    after: VersionFacts,
    *,
    directions: Mapping[str, str] | None = None,
    only_differences: bool = True,
) -> Comparison:
    """`directions`: metric → higher or lower, where the model says which is better."""

    def values(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[ValueChange, ...]:
        changes = _value_changes(old, new)
        return tuple(change for change in changes if not only_differences or change.change != "same")

    metrics = _metric_changes(before.metrics, after.metrics, directions or {})
    files = _file_changes(before.files, after.files)
    return Comparison(
        before=before,
        after=after,
        only_differences=only_differences,
        metrics=tuple(one for one in metrics if not only_differences or one.verdict != "same"),
        parameters=values(before.parameters, after.parameters),
        metadata=values(_without_metrics(before), _without_metrics(after)),
        facts=values(_facts(before), _facts(after)),
        tags=_name_changes(before.tags, after.tags),
        aliases=_name_changes(before.aliases, after.aliases),
        input_schema=compare_inputs(before.input_schema, after.input_schema),
        output_schema=compare_outputs(before.output_schema, after.output_schema),
        files=tuple(file for file in files if not only_differences or file.change != "same"),
        record=tuple(one for one in _figure_changes(before, after) if not only_differences or one.verdict != "same"),
    )


def _metric_changes(
    old: Mapping[str, float], new: Mapping[str, float], directions: Mapping[str, str]
) -> Iterator[MetricChange]:
    for name in sorted({*old, *new}):
        before, after, better = old.get(name), new.get(name), better_of(name, directions)
        delta, relative = _differences(before, after)
        yield MetricChange(name, before, after, delta, relative, better, judge(after, before, better))


def _figure_changes(old: VersionFacts, new: VersionFacts) -> Iterator[FigureChange]:
    """In the order of whoever gives them; what neither has measured says nothing."""
    before, after = ({figure.name: figure for figure in one.record} for one in (old, new))
    for name in {**after, **before}:
        known = after.get(name) or before[name]
        was, now = (one.get(name) or Figure(name, known.label, None, known.unit, 0) for one in (before, after))
        if was.value is None and now.value is None:
            continue
        delta, relative = _differences(was.value, now.value)
        verdict = judge(now.value, was.value, known.better)
        is_judged = verdict in ("better", "worse")
        yield FigureChange(
            *(name, was.value, now.value, delta, relative, known.better, verdict),
            *(known.label, known.unit, was.samples, now.samples, is_judged and may_be_chance(was, now)),
            *(was.is_cut, now.is_cut),
        )


def _differences(before: float | None, after: float | None) -> tuple[float | None, float | None]:
    """The delta, and the same as a part of the value before."""
    delta = None if before is None or after is None else after - before
    return delta, None if delta is None or not before else delta / abs(before)


def _value_changes(old: Mapping[str, Any], new: Mapping[str, Any], place: str = "") -> Iterator[ValueChange]:
    for key in sorted({*old, *new}):
        name = f"{place}.{key}" if place else key
        if key not in old:
            yield ValueChange(name, "added", after=new[key])
        elif key not in new:
            yield ValueChange(name, "removed", before=old[key])
        elif isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            yield from _value_changes(old[key], new[key], name)
        else:
            is_same = _canonical(old[key]) == _canonical(new[key])
            yield ValueChange(name, "same" if is_same else "changed", old[key], new[key])


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _without_metrics(version: VersionFacts) -> dict[str, Any]:
    """Metadata that stand among the metrics, or as the description, are compared there."""
    told = {**version.metrics, "description": version.description}
    return {
        key: value
        for key, value in version.metadata.items()
        if not (isinstance(value, str | float | int) and told.get(key) == value)
    }


def _facts(version: VersionFacts) -> dict[str, Any]:
    named = ("kind", "format", "provider", "provider_model", "description")
    facts = {name: getattr(version, name) for name in named if getattr(version, name)}
    return facts | ({"default_parameters": version.default_parameters} if version.default_parameters else {})


def _name_changes(old: Iterable[str], new: Iterable[str]) -> NamesChange:
    before, after = set(old), set(new)
    return NamesChange(
        added=tuple(sorted(after - before)), removed=tuple(sorted(before - after)), kept=tuple(sorted(before & after))
    )


def _file_changes(old: Iterable[FileEntry], new: Iterable[FileEntry]) -> Iterator[FileChange]:
    before, after = {file.path: file for file in old}, {file.path: file for file in new}
    nothing = FileEntry("", "", 0)
    for path in sorted({*before, *after}):
        was, now = before.get(path, nothing), after.get(path, nothing)
        change: Change = "changed"
        if was.digest == now.digest:
            change = "same"
        elif not was.digest or not now.digest:
            change = "removed" if was.digest else "added"
        yield FileChange(path, change, was.digest, now.digest, was.size, now.size)


def _summary(version: VersionFacts) -> dict[str, Any]:
    named = ("name", "label", "number", "kind", "state", "digest", "size", "is_default")
    return {"reference": version.reference} | {name: getattr(version, name) for name in named}


def _names(change: NamesChange, only_differences: bool) -> dict[str, Any]:
    named = {"added": list(change.added), "removed": list(change.removed)}
    return named if only_differences else named | {"kept": list(change.kept)}


def _schema(change: SchemaChange, only_differences: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"compatibility": str(change.compatibility), "notes": list(change.notes)}
    if only_differences and change.compatibility is Compatibility.NONE:
        return said
    return said | {"before": change.before, "after": change.after}
