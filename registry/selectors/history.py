"""Where pointers pointed: every move, and what was the default at a time."""

from datetime import datetime

from django.db.models import QuerySet

from registry.models import PointerMove
from registry.selectors.resolving import find_model
from registry.states import DEFAULT


def list_moves(model_name: str, pointer: str | None = None) -> QuerySet[PointerMove]:
    """The moves of a model's default and aliases, or of one of them, latest first. Raises `ModelNotFound`."""
    moves = find_model(model_name).moves.order_by("-pk")
    return moves if pointer is None else moves.filter(pointer=pointer)


def what_was_default(model_name: str, at: datetime) -> PointerMove | None:
    """The move that made the default what it was at a time; None when there had been none.

    `to_label` is empty when the model's only version had been deleted; `to_version` is None when the version meant was
    deleted since. Raises `ModelNotFound`.
    """
    return what_was(model_name, DEFAULT, at)


def what_was(model_name: str, pointer: str, at: datetime) -> PointerMove | None:
    """The same for any alias."""
    return list_moves(model_name, pointer).filter(at__lte=at).select_related("to_version").first()
