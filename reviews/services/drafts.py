"""What a reviewer has written so far. Kept on the server, whatever becomes of the claim, the login or the review."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from reviews import clock
from reviews.actors import Actor, By, as_actor
from reviews.exceptions import DraftConflict
from reviews.models import Draft, ReviewRequest
from reviews.store import find_review, parse_id
from reviews.values import stored, text


def save_draft(
    *, review_id: UUID | str, by: By, output: Any = None, comment: str = "", version: int | None = None
) -> Draft:
    """Keep what is written; returns the draft with its new `version`, to be given with the next save.

    `version` None or 0 begins one. Nothing is checked but the size: a draft may be half done, the lease lost.
    Raises `DraftConflict` when another window saved meanwhile, `ReviewNotFound`.
    """
    actor, review = as_actor(by), find_review(review_id)
    columns = {"output": stored(output, "the draft"), "comment": text(comment), "updated_at": clock.now()}
    with transaction.atomic():
        draft, is_new = Draft.objects.get_or_create(review=review, author=actor.key, defaults=columns)
        if is_new:
            return draft
        if not version and (draft.output, draft.comment) == (columns["output"], columns["comment"]):
            return draft
        rows = Draft.objects.filter(pk=draft.pk, version=version or 0)
        if not rows.update(version=F("version") + 1, **columns):
            raise DraftConflict(
                f"this draft was changed in another window (it has version {draft.version}, you have {version or 0}); "
                "load it, and save yours again if you want to replace it"
            )
    draft.refresh_from_db()
    return draft


def discard_draft(*, review_id: UUID | str, by: By) -> bool:
    """Throw a draft away; False when there was none."""
    deleted, _ = Draft.objects.filter(review=parse_id(review_id), author=as_actor(by).key).delete()
    return bool(deleted)


def keep_late_answer(review_id: UUID | str, actor: Actor, output: Any, comment: str) -> None:
    """Somebody's answer came too late: what they wrote becomes their draft, over what that held before."""
    if not actor.is_person or (output is None and not comment):
        return
    columns = {"output": stored(output, "the draft"), "comment": text(comment), "updated_at": clock.now()}
    with transaction.atomic():
        review = ReviewRequest.objects.filter(pk=parse_id(review_id)).only("pk").first()
        if review is None:
            return
        draft, is_new = Draft.objects.get_or_create(review=review, author=actor.key, defaults=columns)
        if not is_new:
            Draft.objects.filter(pk=draft.pk).update(version=F("version") + 1, **columns)
