"""The table of roles in the database: after every migration, and by `manage.py roles --install`.

The groups of the table's names are the table's: what was added to or taken from them by hand is put right. Other groups
are nobody's business here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, router, transaction

from web.roles.table import ROLES, Role


@dataclass(frozen=True, slots=True)
class Installed:
    """What was put right; all zero when the database said what the table says."""

    groups: int = 0
    added: int = 0
    removed: int = 0


def install_after_migrating(sender: AppConfig, using: str, apps: Apps = installed_apps, **kwargs: Any) -> None:
    """Receiver of `post_migrate`, which is sent for each app: acts on the last, when every permission is there.

    `apps` is what has been migrated; without auth's tables there is nothing to write to yet.
    """
    last = [config for config in installed_apps.get_app_configs() if config.models_module is not None][-1]
    has_tables = any(model._meta.label == "auth.Group" for model in apps.get_models())
    if sender.name == last.name and has_tables and router.allow_migrate_model(using, Group):
        install_roles(using=using)


@transaction.atomic
def install_roles(*, using: str = DEFAULT_DB_ALIAS) -> Installed:
    """Make the groups, and give each exactly its permissions. Three queries when there is nothing to do.

    A permission that is not in the database (an app is not installed, or not migrated yet) is left out.
    """
    groups = {group.name: group for group in Group.objects.using(using).filter(name__in=ROLES)}
    missing = [Group(name=name) for name in ROLES if name not in groups]
    for group in Group.objects.using(using).bulk_create(missing):
        groups[group.name] = group
    ids = {
        f"{app}.{codename}": key
        for key, app, codename in Permission.objects.using(using)
        .order_by()
        .values_list("pk", "content_type__app_label", "codename")
    }
    given = Group.permissions.through.objects.using(using)
    found = set(given.filter(group__in=list(groups.values())).values_list("group_id", "permission_id"))
    wanted = {(groups[role.name].pk, key) for role in ROLES.values() for key in _keys(role, ids)}
    given.bulk_create([_row(pair) for pair in sorted(wanted - found)], ignore_conflicts=True)
    for group_id, permission_id in found - wanted:
        given.filter(group_id=group_id, permission_id=permission_id).delete()
    return Installed(len(missing), len(wanted - found), len(found - wanted))


def _keys(role: Role, ids: dict[str, int]) -> Iterable[int]:
    return ids.values() if role.has_everything else [ids[name] for name in role.permissions if name in ids]


def _row(pair: tuple[int, int]) -> Any:
    return Group.permissions.through(group_id=pair[0], permission_id=pair[1])
