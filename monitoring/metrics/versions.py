"""What monitoring needs to know of a pipeline's version: whether it is monitored, and its service level."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.db.models import JSONField
from django.db.models.fields.json import KeyTransform

from orchestration.models import PipelineVersion

USUAL_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Sla:
    """`share` of the executions are to complete within `seconds` of being submitted."""

    seconds: float
    share: float

    @property
    def allowance(self) -> float:
        """The share that may miss it."""
        return 1.0 - self.share

    @classmethod
    def from_definition(cls, sla: Mapping[str, Any] | None) -> Self | None:
        """From a stored definition's `sla`, which was checked when it was registered; None when it has none."""
        if not sla:
            return None
        return cls(float(sla["seconds"]), float(sla.get("share", USUAL_SHARE)))


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one version."""

    is_monitored: bool
    sla: Sla | None


@dataclass
class Versions:
    """Asks for each version once in its life, which is one pass: definitions may be large, and never change."""

    _known: dict[int, Facts] = field(default_factory=dict)

    def __getitem__(self, version_id: int) -> Facts:
        if version_id not in self._known:
            self._known[version_id] = _read(version_id)
        return self._known[version_id]


def _read(version_id: int) -> Facts:
    keys = [KeyTransform(key, "definition", output_field=JSONField()) for key in ("enable_monitoring", "sla")]
    monitored, sla = PipelineVersion.objects.filter(pk=version_id).values_list(*keys).get()
    return Facts(is_monitored=monitored is not False, sla=Sla.from_definition(sla))
