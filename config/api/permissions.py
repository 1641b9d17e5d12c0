"""Who may do what over REST: a login, and the Django permission that the view names for the action."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request


class ActionPermission(IsAuthenticated):
    """Asks `view.permissions_needed[action]`. An action without an entry is refused to everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        action = getattr(view, "action", None)
        if action in (None, "metadata"):  # a method the address does not have: answered with 405
            return True
        needed = getattr(view, "permissions_needed", {}).get(action)
        return needed is not None and request.user.has_perm(needed)
