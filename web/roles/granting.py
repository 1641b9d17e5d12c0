"""Giving roles to logins and taking them away. The admin role brings Django's flag for the admin site with it."""

from django.contrib.auth.models import Group, User
from django.db import transaction

from common.errors import NotFound
from common.wording import did_you_mean
from web.roles.installing import install_roles
from web.roles.table import ADMIN, ROLES

MOST_NAMES = 1000


class RoleNotFound(NotFound):
    """There is no role of this name."""

    code = "role_not_found"


class LoginNotFound(NotFound):
    """There is no login of this name."""

    code = "login_not_found"


@transaction.atomic
def grant_role(*, username: str, role: str) -> bool:
    """Give a login a role; False if it had it. Raises `RoleNotFound`, `LoginNotFound`."""
    group, user = find_group(role), find_login(username)
    had = user.groups.filter(pk=group.pk).exists()
    user.groups.add(group)
    open_admin_site(user=user)
    return not had


@transaction.atomic
def revoke_role(*, username: str, role: str) -> bool:
    """Take a role from a login; False if it did not have it. With the role admin goes the admin site (not superusers').

    Raises `RoleNotFound`, `LoginNotFound`.
    """
    group, user = find_group(role), find_login(username)
    had = user.groups.filter(pk=group.pk).exists()
    user.groups.remove(group)
    if had and group.name == ADMIN.name and not user.is_superuser:
        User.objects.filter(pk=user.pk).update(is_staff=False)
    return had


def open_admin_site(*, user: User) -> bool:
    """Let a login with the role admin into the admin site, which asks for `is_staff`; whether that changed anything."""
    rows = User.objects.filter(pk=user.pk, groups__name=ADMIN.name, is_staff=False)
    return bool(User.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(is_staff=True))


def find_group(role: str) -> Group:
    """The group of a role. Raises `RoleNotFound`."""
    if role not in ROLES:
        near = did_you_mean(role, ROLES)
        raise RoleNotFound(f'there is no role "{role[:80]}"{near}; the roles are {", ".join(ROLES)}')
    found = Group.objects.filter(name=role).first()
    if found is None:  # the groups were deleted since the last migration
        install_roles()
        found = Group.objects.get(name=role)
    return found


def find_login(username: str) -> User:
    """Raises `LoginNotFound`."""
    found = User.objects.filter(username=username).first()
    if found is None:
        near = did_you_mean(username, User.objects.order_by("pk").values_list("username", flat=True)[:MOST_NAMES])
        said = f'there is no login "{username[:80]}"{near}'
        raise LoginNotFound(f"{said}; make it in the admin under Users, or by manage.py createsuperuser")
    return found
