"""People, groups and tokens: Django's and knox's models in the theme.

Nobody gives themselves rights here. Roles and other groups are given by superusers and by whoever has the role admin;
single permissions, superusers and what a group may do are for superusers. The groups of the roles are the code's
(`web.roles.table`): nobody edits them. Who is no superuser makes tokens for themselves only.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.module_loading import import_string

from orchestration.services.tokens import revoke_tokens
from web.admin.base import IS_THEMED, OurAdmin
from web.admin.verbs import Verb
from web.roles.asking import is_admin
from web.roles.granting import open_admin_site
from web.roles.table import ROLES

if TYPE_CHECKING:
    BaseUserAdmin = StockUserAdmin[User]
else:
    BaseUserAdmin = StockUserAdmin

RIGHTS = ("is_superuser", "user_permissions")


def _revoke_all(request: HttpRequest, row: User, answers: dict[str, Any]) -> None:
    revoke_tokens(user=row)


REVOKE_ALL = Verb(
    name="revoke-tokens",
    label="Revoke tokens",
    did="left without tokens",
    permission="knox.delete_authtoken",
    explanation="Every program that logs in with a token of theirs is refused from now on.",
    perform=_revoke_all,
    icon="key_off",
    is_harmful=True,
)


class UserAdmin(BaseUserAdmin, OurAdmin[User]):
    """People who log in."""

    if IS_THEMED:
        form = import_string("unfold.forms.UserChangeForm")
        add_form = import_string("unfold.forms.UserCreationForm")
        change_password_form = import_string("unfold.forms.AdminPasswordChangeForm")
    verbs = (REVOKE_ALL,)
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = tuple(super().get_readonly_fields(request, obj))
        if is_superuser(request):
            return fields
        return (*fields, *RIGHTS) if is_admin(request.user) else (*fields, *RIGHTS, "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj) and obj != request.user

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if open_admin_site(user=form.instance):
            messages.info(request, f"{form.instance} has the role admin, and so may open the admin site.")


class GroupAdmin(StockGroupAdmin, OurAdmin[Group]):
    """Permissions that people hold together. Those of roles are kept in code."""

    list_display = ("name", "purpose")

    @admin.display(description="may")
    def purpose(self, row: Group) -> str:
        return ROLES[row.name].purpose if row.name in ROLES else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request) and not _is_role(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request) and not _is_role(obj)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """Superusers touch everybody; the role admin everybody but them; others nobody who could give them rights."""
    if is_superuser(request) or user is None:
        return True
    return not user.is_superuser if is_admin(request.user) else not is_admin(user)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in ROLES


admin.site.unregister([User, Group])
admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)
