"""Who has which role, and which roles have a permission. Bounded queries, for pages, REST and the command."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Count

from web.roles.table import ADMIN, ROLES, in_order


@dataclass(frozen=True, slots=True)
class Needed:
    """A permission in words, and the groups that have it: roles first."""

    name: str
    action: str
    groups: Sequence[str]


def needed(permission: str) -> Needed:
    """One query."""
    app, _, codename = permission.partition(".")
    rows = Permission.objects.filter(content_type__app_label=app, codename=codename).order_by()
    found = list(rows.values_list("name", "group__name"))
    said = found[0][0].removeprefix("Can ") if found else codename.replace("_", " ")
    return Needed(permission, said, in_order(name for _, name in found if name))


def explain(permission: str, user: Any) -> str:
    """Why somebody without a permission was refused, and what to ask for: two sentences."""
    asked = needed(permission)
    way = "Ask" if user.get_all_permissions() else "Your login has no role yet: ask"
    having = f"; {_have(asked.groups)} it" if asked.groups else ""
    return f"This needs the permission to {asked.action} ({permission}){having}. {way} your administrator for one."


def _have(groups: Sequence[str]) -> str:
    if len(groups) == 1:
        return f"the role {groups[0]} has"
    return f"the roles {', '.join(groups[:-1])} and {groups[-1]} have"


def is_admin(user: Any) -> bool:
    """A superuser, or has the role admin: may give others roles. One query, asked once of a user object."""
    if not user.is_active or not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    if not hasattr(user, "_has_role_admin"):
        user._has_role_admin = user.groups.filter(name=ADMIN.name).exists()
    return bool(user._has_role_admin)


def roles_of(user: Any) -> list[str]:
    """The login's groups, roles first."""
    return in_order(iter(user.groups.values_list("name", flat=True)))


def logins_by_role() -> dict[str, list[str]]:
    """Active logins of each role, by name."""
    found: dict[str, list[str]] = {name: [] for name in ROLES}
    rows = User.objects.filter(is_active=True, groups__name__in=ROLES).order_by("username")
    for username, name in rows.values_list("username", "groups__name"):
        found[name].append(username)
    return found


def list_superusers() -> list[str]:
    """Active ones, who may do everything whatever their roles, by name."""
    rows = User.objects.filter(is_active=True, is_superuser=True).order_by("username")
    return list(rows.values_list("username", flat=True))


def logins_without() -> list[str]:
    """Active logins that may do nothing: no group, no permission of their own, no superuser."""
    rows = User.objects.filter(is_active=True, is_superuser=False).annotate(
        all_groups=Count("groups"), own=Count("user_permissions")
    )
    return list(rows.filter(all_groups=0, own=0).order_by("username").values_list("username", flat=True))
