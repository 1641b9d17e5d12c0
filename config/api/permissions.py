"""Who may do what over REST: a login, and the Django permission that the view names for the action."""

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from web.roles.asking import explain


class ActionPermission(IsAuthenticated):
    """Asks `view.permissions_needed[action]`. An action without an entry is refused to everybody.

    The refusal names the permission and the roles that have it.
    """

    message: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        action = getattr(view, "action", None)
        if action in (None, "metadata"):  # a method the address does not have: answered with 405
            return True
        needed = getattr(view, "permissions_needed", {}).get(action)
        if needed is None or request.user.has_perm(needed):
            return needed is not None
        self.message = explain(needed, request.user)
        return False
