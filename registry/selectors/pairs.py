"""Two versions of one model that are compared, also when nobody says which."""

from dataclasses import dataclass

from registry.comparison import Comparison, compare
from registry.models import ModelVersion, RegisteredModel
from registry.record import May
from registry.selectors.comparing import facts_of
from registry.selectors.model_page import version_before
from registry.selectors.resolving import find_version


@dataclass(frozen=True, slots=True)
class Pair:
    """The two, and how they differ."""

    before: ModelVersion
    after: ModelVersion
    found: Comparison


def find_pair(
    model: RegisteredModel, a: str = "", b: str = "", *, only_differences: bool = False, may: May | None = None
) -> Pair | None:
    """From version `a` to version `b`, each by label, alias or number.

    `b` is the newest when nobody says, `a` the default, or the version before `b` when that is the default. None when
    the model has fewer than two versions. `may`: see `registry.record.record_of`. Raises `VersionNotFound`.
    """
    after = find_version(model.name, b) if b else model.versions.order_by("-number").first()
    if after is None:
        return None
    before = find_version(model.name, a) if a else _before(model, after)
    if before is None:
        return None
    before.model = after.model = model
    facts = facts_of(before, may), facts_of(after, may)
    found = compare(*facts, directions=model.metric_directions, only_differences=only_differences)
    return Pair(before, after, found)


def _before(model: RegisteredModel, after: ModelVersion) -> ModelVersion | None:
    others = model.versions.exclude(pk=after.pk)
    return others.filter(is_default=True).first() or version_before(after) or others.order_by("-number").first()
