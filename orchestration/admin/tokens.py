"""Tokens of programs: made here and shown once, seen afterwards by their beginning, revoked by deleting them."""

from typing import Any

import knox.admin  # noqa: F401  # registers its own page, which ours replaces
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import knox_settings

from orchestration.admin.accounts import is_superuser
from orchestration.services.tokens import create_token
from web.admin import display
from web.admin.base import OurAdmin
from web.admin.display import cell

SHOWN_CHARACTERS = 8


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none when it runs
    """Whose token, and how long it is good for."""

    days = forms.FloatField(
        min_value=0,
        required=False,
        label="Days until it ends",
        initial=lambda: knox_settings.TOKEN_TTL.days,
        help_text="Left empty, it never ends.",
    )

    class Meta:
        model = AuthToken
        fields = ("user",)


def _state(row: Any) -> SafeString:
    has_ended = row.expiry is not None and row.expiry <= timezone.now()
    return display.state("timed_out", "Ended") if has_ended else display.state("ok", "Valid")


class TokenAdmin(OurAdmin[Any]):
    """What programs log in with over REST."""

    form = TokenForm
    fields = ("user", "days")
    list_display = ("beginning", "user", "state", "made", "ends")
    list_select_related = ("user",)
    ordering = ("-created",)
    sortable_by = ()
    search_fields = ("token_key__startswith", "user__username")
    search_help_text = "Beginning of the token, or the user's name"

    beginning = cell("token", lambda row: display.code_text(f"{row.token_key[:SHOWN_CHARACTERS]}…"))
    state = cell("state", _state)
    made = display.age("made", "created")
    ends = display.moment("ends", "expiry")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is None else ("beginning", "user", "state", "made", "ends")

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("user",) if is_superuser(request) else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if not is_superuser(request):
            options["queryset"] = _only(request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        one = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **one})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        token = create_token(user=obj.user, days=form.cleaned_data["days"])
        obj.digest, obj.shown_once = hash_token(token), token

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        shown = {
            "title": f"A token of {obj.user}",
            "token": obj.shown_once,
            "opts": self.opts,
            "is_themed": self.is_themed,
        }
        context = self.admin_site.each_context(request) | shown
        return TemplateResponse(request, "admin/orchestration/token.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_addition(request, AuthToken.objects.get(pk=obj.digest), message)
        entry.object_repr = f"a token of {obj.user}"  # else its hash, which tells nobody anything
        entry.save(update_fields=["object_repr"])
        return entry


def _only(key: Any) -> QuerySet[User]:
    return User.objects.filter(pk=key)


admin.site.unregister(AuthToken)
admin.site.register(AuthToken, TokenAdmin)
