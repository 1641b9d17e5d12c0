"""The list of models: each with its default version and how that does against the version before. A few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from registry.metrics import Verdict, better_of, judge
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.versions import list_models
from registry.states import VersionState

Order = Literal["name", "newest"]
HEAVY = ("metadata", "parameters", "input_schema", "output_schema", "default_parameters", "description")


@dataclass(frozen=True, slots=True)
class MetricStep:
    """A metric of a version, and of the version before if that has it."""

    name: str
    value: float
    before: float | None
    before_label: str
    verdict: Verdict

    @property
    def delta(self) -> float | None:
        return None if self.before is None else self.value - self.before


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One line of the list."""

    model: RegisteredModel
    default: ModelVersion | None
    step: MetricStep | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class ModelCounts:
    """Over all models."""

    total: int
    without_default: int
    quarantined_versions: int


def find_models(text: str = "", order: Order = "name") -> QuerySet[RegisteredModel]:
    """Models whose name or description contains the text, as `list_models` gives them."""
    found = list_models()
    if text:
        found = found.filter(Q(name__icontains=text) | Q(description__icontains=text))
    return found.order_by(F("newest_at").desc(nulls_last=True), "name") if order == "newest" else found


def count_models() -> ModelCounts:
    """Over all models, in two queries."""
    default = ModelVersion.objects.filter(model=OuterRef("pk"), is_default=True)
    counts = RegisteredModel.objects.aggregate(total=Count("pk"), bare=Count("pk", filter=~Exists(default)))
    bad = ModelVersion.objects.filter(state=VersionState.QUARANTINED).count()
    return ModelCounts(counts["total"], counts["bare"], bad)


def describe_models(models: Sequence[RegisteredModel]) -> list[ListedModel]:
    """Lines for these models, in their order, in three queries."""
    keys = [model.pk for model in models]
    before = ModelVersion.objects.filter(model=OuterRef("model"), number__lt=OuterRef("number"))
    before = before.exclude(state=VersionState.PENDING).order_by("-number")
    rows = ModelVersion.objects.filter(model__in=keys, is_default=True).defer(*HEAVY)
    defaults = {row.model_id: row for row in rows.annotate(before_id=Subquery(before.values("pk")[:1]))}
    earlier = ModelVersion.objects.defer(*HEAVY).in_bulk(
        [key for row in defaults.values() if (key := getattr(row, "before_id", None))]
    )
    bad = ModelVersion.objects.filter(model__in=keys, state=VersionState.QUARANTINED).order_by()
    quarantined = dict(bad.values_list("model").annotate(number=Count("pk")))
    lines = []
    for model in models:
        default = defaults.get(model.pk)
        previous = earlier.get(getattr(default, "before_id", None) or 0)
        step = main_step(default, previous, model.metric_directions) if default else None
        lines.append(ListedModel(model, default, step, quarantined.get(model.pk, 0)))
    return lines


def main_step(version: ModelVersion, before: ModelVersion | None, directions: Mapping[str, str]) -> MetricStep | None:
    """What stands for a version: a metric the model gives a direction, else one whose name tells, else the first."""
    names = sorted(version.metrics, key=lambda name: (name not in directions, not better_of(name, directions), name))
    return metric_step(names[0], version, before, directions) if names else None


def metric_step(
    name: str, version: ModelVersion, before: ModelVersion | None, directions: Mapping[str, str]
) -> MetricStep:
    """One metric of a version against the version before."""
    value, earlier = version.metrics[name], before.metrics.get(name) if before else None
    label = before.label if before and earlier is not None else ""
    return MetricStep(name, value, earlier, label, judge(value, earlier, better_of(name, directions)))
