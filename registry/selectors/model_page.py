"""What the page of one model shows: its versions, its pointers with what each may move to, its metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from registry.metrics import better_of
from registry.models import ModelVersion, PointerMove, RegisteredModel
from registry.selectors.model_list import HEAVY
from registry.states import DEFAULT, USABLE, VersionState

METRICS_FROM = 200  # of the newest versions, for the choice of metrics
MOST_TARGETS = 200
MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Pointer:
    """The default or an alias: where it points, and the move that took it there."""

    name: str
    version: ModelVersion
    move: PointerMove | None

    @property
    def is_default(self) -> bool:
        return self.name == DEFAULT


@dataclass(frozen=True, slots=True)
class VersionPoint:
    """A metric of one version, for a chart."""

    label: str
    value: float
    is_default: bool
    version: ModelVersion


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """Of one model."""

    total: int
    quarantined: int
    pending: int


def versions_of(model: RegisteredModel) -> QuerySet[ModelVersion]:
    """Newest first, without what tables do not show, with their aliases."""
    return model.versions.defer(*HEAVY).prefetch_related("aliases").order_by("-number")


def count_versions(model: RegisteredModel) -> VersionCounts:
    states = list(model.versions.values_list("state", flat=True))
    return VersionCounts(len(states), states.count(VersionState.QUARANTINED), states.count(VersionState.PENDING))


def pointers_of(model: RegisteredModel) -> list[Pointer]:
    """The default first, then aliases by name; three queries for any number."""
    default = model.versions.filter(is_default=True).defer(*HEAVY).first()
    aliases = list(model.aliases.select_related("version").order_by("name"))
    found = [(DEFAULT, default)] if default else []
    found += [(alias.name, alias.version) for alias in aliases]
    names = [name for name, _ in found]
    moves = {move.pointer: move for move in latest_moves(model, names)}
    return [Pointer(name, version, moves.get(name)) for name, version in found]


def latest_moves(model: RegisteredModel, pointers: Sequence[str]) -> list[PointerMove]:
    """The last move of each pointer, in one query."""
    last = model.moves.filter(pointer__in=pointers).order_by().values("pointer").annotate(last=Max("pk"))
    return list(PointerMove.objects.filter(pk__in=last.values("last")))


def targets_of(model: RegisteredModel, asked: str = "") -> list[ModelVersion]:
    """The newest versions that a pointer may move to, and the one asked for."""
    usable = model.versions.filter(state__in=USABLE).defer(*HEAVY).order_by("-number")
    newest = list(usable[:MOST_TARGETS])
    if not asked or any(version.label == asked for version in newest):
        return newest
    return newest + list(usable.filter(label=asked))


def metric_names(model: RegisteredModel) -> list[str]:
    """Of the newest versions; those that say which values are better first."""
    recent = model.versions.order_by("-number").values_list("metrics", flat=True)[:METRICS_FROM]
    directions: Mapping[str, str] = model.metric_directions
    names = {name for metrics in recent for name in metrics}
    return sorted(names, key=lambda name: (name not in directions, not better_of(name, directions), name))


def metric_points(model: RegisteredModel, metric: str) -> list[VersionPoint]:
    """A metric over the newest versions that have it, oldest first."""
    rows = model.versions.defer(*HEAVY).exclude(state=VersionState.PENDING).order_by("-number")[: MOST_POINTS * 2]
    found = [VersionPoint(row.label, row.metrics[metric], row.is_default, row) for row in rows if metric in row.metrics]
    return found[:MOST_POINTS][::-1]


def version_before(version: ModelVersion) -> ModelVersion | None:
    """The version with the next lower number that was finished."""
    earlier = ModelVersion.objects.filter(model=version.model_id, number__lt=version.number)
    return earlier.exclude(state=VersionState.PENDING).order_by("-number").first()
