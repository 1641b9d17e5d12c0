"""`manage.py roles`: what each role may do, who has which, and giving and taking them."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from common.console.command import DONE, ConsoleCommand
from common.console.text import count, hint, styled
from web.roles.asking import is_admin, list_superusers, logins_by_role, logins_without, roles_of
from web.roles.granting import find_group, find_login, grant_role, revoke_role
from web.roles.installing import install_roles
from web.roles.table import ROLES

NAMES_SHOWN = 6


class Command(ConsoleCommand):
    help = "List the roles with who has them, show what one role or one login may do, give or take a role."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", metavar="ROLE", help="show the permissions of this role")
        verb = parser.add_mutually_exclusive_group()
        pair: dict[str, Any] = {"nargs": 2, "metavar": ("NAME", "ROLE")}
        verb.add_argument("--grant", **pair, help="give a login a role")
        verb.add_argument("--revoke", **pair, help="take a role from a login")
        verb.add_argument("--of", metavar="NAME", help="show the roles and permissions of a login")
        verb.add_argument(
            "--install", action="store_true", help="make the groups as the table says; migrate does it too"
        )

    def act(self, **options: Any) -> int:
        if options["grant"]:
            return self._move(*options["grant"], done=grant_role(**_named(options["grant"])), did="has")
        if options["revoke"]:
            return self._move(*options["revoke"], done=revoke_role(**_named(options["revoke"])), did="no longer has")
        if options["of"]:
            return self._show_login(options["of"])
        if options["install"]:
            return self._install()
        return self._show_role(options["role"]) if options["role"] else self._list()

    def _move(self, name: str, role: str, *, done: bool, did: str) -> int:
        if self.is_json:
            self.print_json({"login": name, "role": role, "changed": done, "roles": roles_of(find_login(name))})
        self.say(styled(f"{name} {did} the role {role}" + ("" if done else "; nothing had to be changed")))
        return DONE

    def _show_login(self, name: str) -> int:
        user = find_login(name)
        permissions = sorted(user.get_all_permissions())
        if self.is_json:
            facts = {"active": user.is_active, "superuser": user.is_superuser, "gives_roles": is_admin(user)}
            self.print_json({"login": name, **facts, "roles": roles_of(user), "permissions": permissions})
            return DONE
        self.say(styled(f"{name}: {', '.join(roles_of(user)) or 'no role'}"))
        if not user.is_active:
            self.say(hint("the login is switched off: it may do nothing"))
        elif user.is_superuser:
            self.say(hint("a superuser: may do everything"))
        elif not permissions:
            self.say(hint(f"may do nothing yet: manage.py roles --grant {name} ROLE"))
        else:
            self._print_permissions(permissions)
        return DONE

    def _show_role(self, name: str) -> int:
        group = find_group(name)
        rows = group.permissions.order_by("content_type__app_label", "codename")
        permissions = [f"{app}.{codename}" for app, codename in rows.values_list("content_type__app_label", "codename")]
        if self.is_json:
            self.print_json({"role": name, "may": ROLES[name].purpose, "permissions": permissions})
            return DONE
        self.say(styled(f"{name} may {ROLES[name].purpose}"))
        self._print_permissions(permissions)
        return DONE

    def _print_permissions(self, permissions: list[str]) -> None:
        for permission in permissions:
            self.say(hint(permission))

    def _install(self) -> int:
        done = install_roles()
        if self.is_json:
            self.print_json({"groups": done.groups, "added": done.added, "removed": done.removed})
        permissions = f"{count(done.added, 'permission')} added, {done.removed:,} removed"
        changed = f"{count(done.groups, 'group')} made, {permissions}"
        self.say(changed if done.groups or done.added or done.removed else "the groups are as the table says")
        return DONE

    def _list(self) -> int:
        having, without, superusers = logins_by_role(), logins_without(), list_superusers()
        if self.is_json:
            rows = [{"role": role.name, "may": role.purpose, "logins": having[role.name]} for role in ROLES.values()]
            self.print_json({"roles": rows, "superusers": superusers, "without": without})
            return DONE
        self.console.print(_table(having))
        if superusers:
            said = f"{count(len(superusers), 'superuser')} may do everything without a role: {_listed(superusers)}"
            self.say(styled(said))
        if without:
            self.say(styled(f"{count(len(without), 'login')} may do nothing: {_listed(without)}"))
            self.say(hint("manage.py roles --grant NAME ROLE gives one"))
        return DONE


def _named(pair: list[str]) -> dict[str, str]:
    return {"username": pair[0], "role": pair[1]}


def _table(having: dict[str, list[str]]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("role", "may", "logins"):
        table.add_column(heading, no_wrap=heading == "role")
    for role in ROLES.values():
        table.add_row(styled(role.name), styled(role.purpose), styled(_listed(having[role.name]) or "–"))
    return table


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
