"""What several verbs share: the lock of a model, news after commit, conditional moves of a state."""

from collections.abc import Collection

from django.db import transaction
from django.dispatch import Signal

from registry.exceptions import IllegalState
from registry.models import ModelVersion, RegisteredModel
from registry.signals import version_state_changed
from registry.states import MOVES, VersionState


def lock_model(model_id: int) -> RegisteredModel:
    """Every move of a pointer, new version and change of state begins here: of two at once one waits."""
    return RegisteredModel.objects.select_for_update().get(pk=model_id)


def tell(signal: Signal, **news: object) -> None:
    """Send after commit; a receiver that fails is logged and harms nobody."""
    transaction.on_commit(lambda: signal.send_robust(sender=ModelVersion, **news), robust=True)


def move_state(
    version: ModelVersion,
    to: VersionState,
    reason: str,
    sources: Collection[VersionState] | None = None,
) -> None:
    """Change a version's state if it may. Raises `IllegalState`. Leaves quarantine to `services.verification`."""
    allowed = [state for state, targets in MOVES.items() if to in targets and (sources is None or state in sources)]
    changed = ModelVersion.objects.filter(pk=version.pk, state__in=allowed).update(state=to, state_reason=reason)
    if not changed:
        now = ModelVersion.objects.values_list("state", flat=True).get(pk=version.pk)
        raise IllegalState(
            f"{version.model.name}:{version.label} is {now} and cannot become {to}; only versions that are "
            f"{' or '.join(sorted(allowed))} can"
        )
    version.state, version.state_reason = to, reason
    tell(version_state_changed, version_id=version.pk, state=str(to))
