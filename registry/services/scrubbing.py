"""Reading every content again, a little at a time, so that damage is found before somebody needs the file.

`scrub` is meant for the ticker: it works for as long as it is allowed to, remembers where it was in a large file, and
reads from the disk itself. A process that ends begins the file it was at again, which is harmless. Only what is on this
machine's disk is read: a remote storage looks after its own.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from common.resilience import retried
from registry.models import ModelVersion, StoredFile
from registry.services.verification import mark_contents, quarantine_others
from registry.states import Trigger
from registry.storage.copying import hash_pieces
from registry.storage.linked import Damage, drop_folder
from registry.storage.store import Store, get_store

logger = logging.getLogger(__name__)

BUDGET_SECONDS = 0.5
REREAD_AFTER = timedelta(days=7)
LOOKED_AT = 200  # with a remote storage: contents looked at for one that is here

_begun: Iterator[bool] | None = None


def scrub(*, budget_seconds: float = BUDGET_SECONDS, reread_after: timedelta = REREAD_AFTER) -> int:
    """Go on reading contents, longest unread first, for about `budget_seconds`; how many were finished.

    What was read within `reread_after` is left alone. A damaged content quarantines its versions.
    """
    global _begun
    deadline = time.monotonic() + budget_seconds
    finished = 0
    while True:
        if _begun is None and (found := _next(get_store(), reread_after)) is not None:
            _begun = _read(get_store(), found)
        if _begun is None:
            return finished
        for is_finished in _begun:
            finished += is_finished
            if time.monotonic() > deadline:
                break
        else:
            _begun = None
        if time.monotonic() > deadline:
            return finished


def _next(store: Store, reread_after: timedelta) -> StoredFile | None:
    due = StoredFile.objects.filter(Q(verified_at=None) | Q(verified_at__lt=timezone.now() - reread_after))
    due = due.filter(damaged_at=None, version_files__isnull=False).distinct()
    due = due.order_by(F("verified_at").asc(nulls_first=True), "digest")
    if store.remote is None:
        return due.first()
    return next((found for found in due[:LOOKED_AT] if store.local.has(found.digest, found.size)), None)


def _read(store: Store, content: StoredFile) -> Iterator[bool]:
    """Read one content; yields False after each piece, True once what was found is written down."""
    found = ""
    try:
        for _, found in hash_pieces(store.local.path(content.digest)):  # noqa: B007 - the last one counts
            yield False
    except FileNotFoundError:
        _conclude(store, content.digest, "missing", "")
    except OSError as error:  # a bad sector, or somebody changed its permissions: the others are still to be read
        _conclude(store, content.digest, f"cannot be read: {error.strerror}", "")
    else:
        _conclude(store, content.digest, "" if found == content.digest else "its content changed", found)
    yield True


@retried
@transaction.atomic
def _conclude(store: Store, digest: str, problem: str, found: str) -> None:
    if not problem:
        mark_contents(intact=[digest])
    elif store.remote is None:
        mark_contents(damaged=[digest])
        quarantine_others(damage=[Damage("", problem, found, digest)], trigger=Trigger.SCRUB)
    else:
        _drop_copy(store, digest)


def _drop_copy(store: Store, digest: str) -> None:
    """What is here is a copy: the next who needs it fetches it again, and checks it."""
    logger.warning("The copy of the registry's file %s in %s was damaged and is fetched again", digest, store.root)
    store.local.delete(digest)
    for version in ModelVersion.objects.filter(files__stored=digest).values_list("digest", flat=True):
        drop_folder(store, version)
