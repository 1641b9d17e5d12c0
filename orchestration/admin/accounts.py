"""People, groups and tokens: Django's and knox's models in the theme.

Who is no superuser cannot give rights here, neither to others nor to themselves: they edit no superuser, no group and
nobody's permissions, and make tokens for themselves only.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.module_loading import import_string

from orchestration.services.tokens import revoke_tokens
from web.admin.base import IS_THEMED, OurAdmin
from web.admin.verbs import Verb

if TYPE_CHECKING:
    BaseUserAdmin = StockUserAdmin[User]
else:
    BaseUserAdmin = StockUserAdmin

RIGHTS = ("is_superuser", "groups", "user_permissions")


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
        return fields if is_superuser(request) else (*fields, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj) and obj != request.user


class GroupAdmin(StockGroupAdmin, OurAdmin[Group]):
    """Permissions that people hold together."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return is_superuser(request) or user is None or not user.is_superuser


admin.site.unregister([User, Group])
admin.site.register(User, UserAdmin)
admin.site.register(Group, GroupAdmin)
