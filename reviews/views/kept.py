"""What somebody sent after their login had expired: kept in the new session until they have signed in again."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

LARGEST = 256 * 1024
"""Characters kept of somebody who is not signed in; a larger answer has its autosaved draft."""
KEY = "reviews_kept"


def keep(request: HttpRequest, review_id: UUID) -> bool:
    """Keep the form that was sent; False when it is too large."""
    data = {name: text for name, text in request.POST.dict().items() if name != "csrfmiddlewaretoken"}
    if sum(len(name) + len(str(text)) for name, text in data.items()) > LARGEST:
        return False
    request.session[KEY] = {"review": str(review_id), "data": data}
    return True


def take_kept(request: HttpRequest, review_id: UUID) -> dict[str, Any] | None:
    """What was kept for this review; it is handed out once."""
    found = request.session.get(KEY)
    if not found or found["review"] != str(review_id):
        return None
    del request.session[KEY]
    data: dict[str, Any] = found["data"]
    return data
