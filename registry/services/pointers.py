"""Moving the default and the aliases of a model, with a history of every move, and taking moves back.

Moves of one model wait for each other (its row's lock), so that each sees the one before it. `expected` makes a move
conditional: it happens only while the pointer is where the caller saw it.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from common.resilience import retried
from common.wording import did_you_mean
from registry.exceptions import NothingToRollBack, PointerMoved, VersionNotFound
from registry.models import Alias, ModelVersion, PointerMove, RegisteredModel
from registry.names import check_alias, is_alias
from registry.selectors.resolving import check_usable, find_model, find_version
from registry.services.common import lock_model, tell
from registry.signals import pointer_moved
from registry.states import DEFAULT
from registry.values import check_text


@retried
@transaction.atomic
def set_default(
    *, model_name: str, version: str | int, expected: str | None = None, actor: str = "", reason: str = ""
) -> ModelVersion:
    """Make a version (label, alias or number) what the bare name means.

    `expected`: the label that must be the default now (empty: none must be). Nothing is written when it is the default
    already. Raises `PointerMoved`, `VersionUnusable`, `ModelNotFound`, `VersionNotFound`.
    """
    target = _target(model_name, version)
    _move(target.model, DEFAULT, target, expected=expected, actor=actor, reason=reason)
    return target


@retried
@transaction.atomic
def move_alias(
    *, model_name: str, alias: str, version: str | int, expected: str | None = None, actor: str = "", reason: str = ""
) -> ModelVersion:
    """Have an alias name a version, making it if there is none. As `set_default`; raises `InvalidVersion` too."""
    check_alias(alias)
    target = _target(model_name, version)
    _move(target.model, alias, target, expected=expected, actor=actor, reason=reason)
    return target


@retried
@transaction.atomic
def remove_alias(
    *, model_name: str, alias: str, expected: str | None = None, actor: str = "", reason: str = ""
) -> PointerMove:
    """Delete an alias; its history stays. Raises `VersionNotFound` when there is none, `PointerMoved`."""
    model = lock_model(find_model(model_name).pk)
    if not is_alias(alias) or alias == DEFAULT or current(model, alias) is None:
        raise _no_alias(model, alias)
    move = _move(model, alias, None, expected=expected, actor=actor, reason=reason)
    assert move is not None  # noqa: S101 - it pointed somewhere, and points nowhere now
    return move


@retried
@transaction.atomic
def rollback_default(
    *, model_name: str, expected: str | None = None, actor: str = "", reason: str = ""
) -> ModelVersion:
    """Make the default what it was before; again: what it was before that. Returns the default there is then.

    Goes back past versions that cannot be used any more. Raises `NothingToRollBack`, `PointerMoved`, `ModelNotFound`.
    """
    return _roll_back(model_name, DEFAULT, expected, actor, reason)


@retried
@transaction.atomic
def rollback_alias(
    *, model_name: str, alias: str, expected: str | None = None, actor: str = "", reason: str = ""
) -> ModelVersion:
    """The same for an alias, also one that was removed. Raises `VersionNotFound` when there never was one."""
    return _roll_back(model_name, alias, expected, actor, reason)


def point(
    *, model: RegisteredModel, pointer: str, target: ModelVersion | None, actor: str, reason: str
) -> PointerMove | None:
    """Move a pointer of a model whose lock is held, inside the caller's transaction; None when it is there already."""
    return _move(model, pointer, target, expected=None, actor=actor, reason=reason)


def current(model: RegisteredModel, pointer: str) -> ModelVersion | None:
    """Where a pointer of the model points."""
    if pointer == DEFAULT:
        return model.versions.filter(is_default=True).first()
    return model.versions.filter(aliases__name=pointer).first()


def undoable(moves: Sequence[PointerMove]) -> list[PointerMove]:
    """Of a pointer's moves, oldest first: those that a rollback would take back, the last one first to go."""
    standing: list[PointerMove] = []
    for move in moves:
        if move.undoes_id is None:
            standing.append(move)
            continue
        while standing and standing.pop().pk != move.undoes_id:
            pass
    return standing


def _target(model_name: str, version: str | int) -> ModelVersion:
    """The version, read once its model is locked, so that it stays as it is."""
    lock_model(find_model(model_name).pk)
    target = find_version(model_name, version)
    check_usable(target)
    return target


def _move(
    model: RegisteredModel,
    pointer: str,
    target: ModelVersion | None,
    *,
    expected: str | None,
    actor: str,
    reason: str,
    undoes: PointerMove | None = None,
) -> PointerMove | None:
    before = current(model, pointer)
    _check_expected(model, pointer, before, expected)
    if before == target:
        return None
    if pointer == DEFAULT:
        _write_default(model, target)
    elif target is None:
        Alias.objects.filter(model=model, name=pointer).delete()
    else:
        Alias.objects.update_or_create(model=model, name=pointer, defaults={"version": target})
    move = PointerMove.objects.create(
        model=model,
        pointer=pointer,
        from_version=before,
        to_version=target,
        from_label=before.label if before else "",
        to_label=target.label if target else "",
        undoes=undoes,
        actor=actor,
        reason=check_text(reason, "reason"),
        at=timezone.now(),
    )
    tell(pointer_moved, move_id=move.pk)
    return move


def _check_expected(model: RegisteredModel, pointer: str, before: ModelVersion | None, expected: str | None) -> None:
    label = before.label if before else ""
    if expected is not None and label != expected:
        is_now = f'"{label}"' if label else "nothing"
        raise PointerMoved(
            f'the {_named(pointer)} of "{model.name}" is {is_now} now, not "{expected}": somebody moved it meanwhile; '
            "look at its history, then decide again"
        )


def _no_alias(model: RegisteredModel, alias: str) -> VersionNotFound:
    near = did_you_mean(alias, model.aliases.values_list("name", flat=True))
    return VersionNotFound(f'the model "{model.name}" has no alias "{alias[:100]}"{near}')


def _named(pointer: str) -> str:
    return "default version" if pointer == DEFAULT else f'alias "{pointer}"'


def _write_default(model: RegisteredModel, target: ModelVersion | None) -> None:
    model.versions.filter(is_default=True).update(is_default=False)
    if target is not None:
        model.versions.filter(pk=target.pk).update(is_default=True)
        target.is_default = True


def rolls_back_to(model: RegisteredModel, pointer: str) -> ModelVersion | None:
    """Where a rollback would take a pointer now; None when there is nothing to go back to."""
    found = _find_undone(model, pointer)
    return found[1] if found else None


def with_way_back(model: RegisteredModel, now: Mapping[str, ModelVersion]) -> set[str]:
    """Of pointers and where they point: those that could be rolled back. One query for any number."""
    moves: dict[str, list[PointerMove]] = {name: [] for name in now}
    for move in model.moves.filter(pointer__in=now).select_related("from_version").order_by("pk"):
        moves[move.pointer].append(move)
    return {name for name, version in now.items() if _undone_of(moves[name], version)}


def _find_undone(model: RegisteredModel, pointer: str) -> tuple[PointerMove, ModelVersion] | None:
    """The move that a rollback takes back, and the version it leads to."""
    moves = list(model.moves.filter(pointer=pointer).select_related("from_version__model").order_by("pk"))
    return _undone_of(moves, current(model, pointer))


def _undone_of(moves: Sequence[PointerMove], now: ModelVersion | None) -> tuple[PointerMove, ModelVersion] | None:
    for undone in reversed(undoable(moves)):
        target = undone.from_version
        if target is not None and target.is_usable and target != now:
            return undone, target
    return None


def _roll_back(model_name: str, pointer: str, expected: str | None, actor: str, reason: str) -> ModelVersion:
    model = lock_model(find_model(model_name).pk)
    if pointer != DEFAULT and not (is_alias(pointer) and model.moves.filter(pointer=pointer).exists()):
        raise _no_alias(model, pointer)
    found = _find_undone(model, pointer)
    if found is None:
        raise NothingToRollBack(
            f'the {_named(pointer)} of "{model.name}" has not been another version that can still be used; '
            "name a version to use instead"
        )
    undone, target = found
    _move(model, pointer, target, expected=expected, actor=actor, reason=reason, undoes=undone)
    return target
