"""Which blobs the rows refer to. A reference `{"$blob": digest, "size": n}` may stand anywhere in a stored value."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, TextField
from django.db.models.functions import Cast

from orchestration.models import Execution, TaskRun

# Every column that `engine.blobs.store_value` fills, or that is put together from such columns.
COLUMNS: tuple[tuple[type[Model], str], ...] = ((Execution, "input"), (Execution, "output"), (TaskRun, "output"))


def referenced_digests() -> set[str]:
    """The digest of every blob that some row refers to."""
    return {digest for _, _, digest in blob_references()}


def blob_references() -> Iterator[tuple[type[Model], Any, str]]:
    """(Django model, primary key, digest) of every reference. Only rows whose JSON has the mark in it are read."""
    for model, column in COLUMNS:
        rows = (
            model._default_manager.annotate(_json=Cast(column, TextField()))
            .filter(_json__contains='"$blob"')
            .values_list("pk", column)
        )
        for key, value in rows.order_by().iterator(chunk_size=500):
            for digest in digests_in(value):
                yield model, key, digest


def digests_in(stored: Any) -> Iterator[str]:
    """The digests in one stored value. A user's own key `$blob` is stored otherwise (`common.json_boundary`)."""
    if isinstance(stored, list):
        for item in stored:
            yield from digests_in(item)
    elif isinstance(stored, dict):
        if isinstance(digest := stored.get("$blob"), str):
            yield digest
        else:
            for item in stored.values():
                yield from digests_in(item)
