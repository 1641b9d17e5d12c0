"""Taking versions out of use and back: deprecate, archive, restore, delete."""

from django.db import transaction
from django.db.models import ProtectedError

from common.resilience import retried
from registry.exceptions import VersionInUse
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.resolving import find_model, find_version
from registry.services.common import lock_model, move_state
from registry.services.pointers import point
from registry.states import DEFAULT, VersionState
from registry.values import check_text

S = VersionState


@retried
@transaction.atomic
def deprecate_version(*, model_name: str, version: str | int, reason: str = "") -> ModelVersion:
    """Have a version's users told to choose another; it goes on working. Raises `IllegalState`."""
    return _moved(model_name, version, S.DEPRECATED, reason, {S.READY})


@retried
@transaction.atomic
def archive_version(*, model_name: str, version: str | int, reason: str = "") -> ModelVersion:
    """Forbid a version's use and keep it for the record.

    Raises `VersionInUse` when it is the default or has an alias, `IllegalState`.
    """
    found = _locked(model_name, version)
    _check_not_pointed_at(found, "archived")
    move_state(found, S.ARCHIVED, check_text(reason, "reason"), {S.READY, S.DEPRECATED})
    return found


@retried
@transaction.atomic
def restore_version(*, model_name: str, version: str | int, reason: str = "") -> ModelVersion:
    """Make a deprecated or archived version ready again. Raises `IllegalState`."""
    return _moved(model_name, version, S.READY, reason, {S.DEPRECATED, S.ARCHIVED})


@retried
@transaction.atomic
def delete_version(*, model_name: str, version: str | int, actor: str = "", reason: str = "") -> None:
    """Delete a version for good; `manage.py gc_models` then frees what only it took. The history keeps its label.

    Raises `VersionInUse` when an alias names it, when it is the default of a model with other versions, or when
    anything else, such as an execution, refers to it.
    """
    found = _locked(model_name, version)
    is_last = found.is_default and found.model.versions.count() == 1
    if not is_last or found.aliases.exists():
        _check_not_pointed_at(found, "deleted")
    else:
        point(model=found.model, pointer=DEFAULT, target=None, actor=actor, reason=check_text(reason, "reason"))
    name = f"{found.model.name}:{found.label}"
    try:
        with transaction.atomic():
            found.delete()
    except ProtectedError as error:
        users = {row._meta.verbose_name for row in error.protected_objects}
        listed = ", ".join(sorted(map(str, users)))
        raise VersionInUse(f"{name} is part of the history ({listed}) and cannot be deleted; archive it") from error


@retried
@transaction.atomic
def delete_model(*, model_name: str) -> None:
    """Delete a model without versions, and its history. Raises `VersionInUse` when it has some."""
    model = lock_model(find_model(model_name).pk)
    if labels := list(model.versions.values_list("label", flat=True)[:5]):
        raise VersionInUse(f'the model "{model_name}" still has versions ({", ".join(labels)}); delete those first')
    RegisteredModel.objects.filter(pk=model.pk).delete()


def _moved(
    model_name: str, version: str | int, to: VersionState, reason: str, sources: set[VersionState]
) -> ModelVersion:
    found = _locked(model_name, version)
    move_state(found, to, check_text(reason, "reason"), sources)
    return found


def _locked(model_name: str, version: str | int) -> ModelVersion:
    lock_model(find_model(model_name).pk)
    return find_version(model_name, version)


def _check_not_pointed_at(version: ModelVersion, done: str) -> None:
    """Raises `VersionInUse`."""
    name = f"{version.model.name}:{version.label}"
    if version.is_default:
        raise VersionInUse(f"{name} is the default version and cannot be {done}; make another one the default first")
    if aliases := list(version.aliases.values_list("name", flat=True)):
        listed = ", ".join(aliases)
        raise VersionInUse(f"{name} cannot be {done} while aliases name it ({listed}); move or remove them first")
