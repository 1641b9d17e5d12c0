"""Verbs on the admin's pages: the list's actions, buttons, the confirmation, and what is told afterwards."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from common.errors import OrchestrationError
from web.admin.verbs import NotDone, Permitted, TableVerb, Verb, may
from web.quantities import plural

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Any]
else:
    Base = object

Named = TypeVar("Named", Verb, TableVerb)
MOST_ROWS = 500  # of one confirmation; each row is a transaction of its own
SHOWN_ROWS = 20
SHOWN_REASONS = 5
CONFIRM = "admin/web/confirm.html"


class VerbsMixin(Base):
    """Gives a `ModelAdmin` the verbs it names."""

    verbs: Sequence[Verb] = ()
    table_verbs: Sequence[TableVerb] = ()
    is_themed = False

    def name_row(self, row: Any) -> str:
        """A row in a confirmation and in messages."""
        return str(row)

    # Where verbs show ----------------------------------------------------------------------------------------------
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if self.actions is None or IS_POPUP_VAR in request.GET:
            return actions
        allowed = [verb for verb in self.verbs if may(request, verb)]
        return actions | {verb.name: (_action(verb), verb.name, f"{verb.label} selected") for verb in allowed}

    def get_urls(self) -> list[URLPattern]:
        # No quoted primary key begins with "_" and a letter, so these never hide the page of a row.
        rows, table = self.admin_site.admin_view(self.row_view), self.admin_site.admin_view(self.table_view)
        return [
            path("_all/<slug:name>/", table, name=self._address_name("all")),
            path("<path:object_id>/_do/<slug:name>/", rows, name=self._address_name("do")),
            *super().get_urls(),
        ]

    def _address_name(self, kind: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{kind}"

    def address_of(self, verb: Verb | TableVerb, row: Any = None) -> str:
        if row is None:
            return reverse(f"admin:{self._address_name('all')}", args=[verb.name])
        return reverse(f"admin:{self._address_name('do')}", args=[quote(row.pk), verb.name])

    def row_tools(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """The buttons of a row's page: what can be done with it as it stands."""
        found = (verb for verb in self.verbs if may(request, verb) and not verb.obstacle(row))
        return [tool(verb.label, self.address_of(verb, row), verb.icon) for verb in found]

    def table_tools(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The buttons above a list."""
        found = (verb for verb in self.table_verbs if may(request, verb))
        return [tool(verb.label, self.address_of(verb), verb.icon) for verb in found]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None and not context.get("is_popup"):
            context["actions_detail" if self.is_themed else "tools"] = self.row_tools(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            response.context_data["actions_list" if self.is_themed else "tools"] = self.table_tools(request)
        return response

    # Rows ----------------------------------------------------------------------------------------------------------
    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *place: Any) -> HttpResponse | None:
        try:
            for key in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError:
            self.message_user(request, "That is no key of a row here; choose rows from the list.", messages.WARNING)
            return None
        return super().response_action(request, queryset, *place)

    def rows_action(self, request: HttpRequest, verb: Verb, chosen: QuerySet[Any]) -> HttpResponse | None:
        """An action of the list: asks first, then does it to each row."""
        rows = list(chosen[: MOST_ROWS + 1])
        if len(rows) > MOST_ROWS:
            told = f"At most {MOST_ROWS} rows at once; filter the list so that it has fewer."
            self.message_user(request, told, messages.WARNING)
            return None
        form = verb.form(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self._do_all(request, verb, rows, form.cleaned_data)
            return None
        return self._ask(request, verb, rows, form)

    def row_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """A button of a row's page: asks first, then does it."""
        verb = _allowed(request, self.verbs, name)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"there is no {self.opts.verbose_name} {object_id!r}")
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        form = verb.form(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, verb, [row], form)
        address = self._do_all(request, verb, [row], form.cleaned_data)
        return HttpResponseRedirect(address or self._page_of(row))

    def _ask(self, request: HttpRequest, verb: Verb, rows: list[Any], form: forms.Form) -> HttpResponse:
        in_the_way = [(row, verb.obstacle(row)) for row in rows]
        possible = [row for row, reason in in_the_way if not reason]
        one = len(rows) == 1
        return self._confirm(
            request,
            form,
            title=f"{verb.label}: {self.name_row(rows[0]) if one else self._count(len(rows))}",
            verb=verb,
            explanation=verb.explanation,
            button=(verb.label if one else f"{verb.label} {self._count(len(possible))}") if possible else "",
            possible=[self.name_row(row) for row in possible[:SHOWN_ROWS]],
            unnamed=max(0, len(possible) - SHOWN_ROWS),
            impossible=[(self.name_row(row), reason) for row, reason in in_the_way if reason][:SHOWN_ROWS],
            summary=f"{len(possible)} of {self._count(len(rows))} can be {verb.did}." if len(rows) > 1 else "",
            keys=[str(row.pk) for row in rows],
            checkbox=helpers.ACTION_CHECKBOX_NAME,
            back=self._page_of(rows[0]) if one and "_do" in request.path else request.get_full_path(),
        )

    def _do_all(self, request: HttpRequest, verb: Verb, rows: list[Any], answers: dict[str, Any]) -> str | None:
        """Do it to each row; tell how many did and which did not. The address to go to, for one row that has one."""
        refused, address = [], None
        for row in rows:
            try:
                address = self._do(request, verb, row, answers)
            except (NotDone, OrchestrationError) as error:
                refused.append(f"{self.name_row(row)}: {error}")
        if done := len(rows) - len(refused):
            self.message_user(request, f"{self._count(done)} {verb.did}.", messages.SUCCESS)
        if refused:
            told = f"{self._count(len(refused))} not {verb.did}: {_listed(refused)}."
            self.message_user(request, told, messages.WARNING)
        return address if len(rows) == 1 else None

    def _do(self, request: HttpRequest, verb: Verb, row: Any, answers: dict[str, Any]) -> str | None:
        if reason := verb.obstacle(row):
            raise NotDone(reason)
        address = verb.perform(request, row, answers)
        if verb.deletes:
            self.log_deletions(request, [row])  # type: ignore[arg-type]  # it only iterates
            return self._list_address()
        said = _answered(verb.form, answers)
        self.log_change(request, row, f"{verb.did.capitalize()}{f' ({said})' if said else ''}.")
        return address

    # Tables --------------------------------------------------------------------------------------------------------
    def table_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """A button above a list: tells what would happen, then does exactly that."""
        verb = _allowed(request, self.table_verbs, name)
        given = request.POST if request.method == "POST" else _initial(verb.form)
        form = verb.form(given)
        if not form.is_valid():
            return self._confirm(request, form, title=verb.label, verb=verb, back=self._list_address())
        previewed = json.dumps(form.cleaned_data, default=str)
        if request.POST.get("previewed") == previewed:
            self.message_user(request, verb.perform(form.cleaned_data), messages.SUCCESS)
            return HttpResponseRedirect(self._list_address())
        return self._confirm(
            request,
            form,
            title=verb.label,
            verb=verb,
            explanation=verb.preview(form.cleaned_data),
            button=verb.label,
            previewed=previewed,
            back=self._list_address(),
        )

    # Shared --------------------------------------------------------------------------------------------------------
    def _confirm(self, request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        shared = {
            "opts": self.opts,
            "form": form,
            "is_themed": self.is_themed,
        }
        return TemplateResponse(request, CONFIRM, self.admin_site.each_context(request) | shared | context)

    def _count(self, number: int) -> str:
        return plural(number, str(self.opts.verbose_name), str(self.opts.verbose_name_plural))

    def _list_address(self) -> str:
        return reverse(f"admin:{self._address_name('changelist')}")

    def _page_of(self, row: Model) -> str:
        return reverse(f"admin:{self._address_name('change')}", args=[quote(row.pk)])


def _action(verb: Verb) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    def act(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        answer: HttpResponse | None = admin.rows_action(request, verb, rows)
        return answer

    return act


def tool(title: str, address: str, icon: str) -> dict[str, Any]:
    """A button as unfold's templates read it."""
    return {"title": title, "path": address, "icon": icon, "variant": "default", "attrs": {}, "dialog": None}


def _allowed(request: HttpRequest, verbs: Iterable[Named], name: str) -> Named:
    """The verb of that name. Raises `Http404`, or `PermissionDenied` for whoever may not."""
    found = next((verb for verb in verbs if verb.name == name), None)
    if found is None:
        raise Http404(f"nothing is called {name!r} here")
    _check(request, found)
    return found


def _check(request: HttpRequest, verb: Permitted) -> None:
    if not may(request, verb):
        raise PermissionDenied(verb.permission)


def _initial(form: type[forms.Form]) -> dict[str, Any]:
    unanswered = form()
    return {name: unanswered.get_initial_for_field(field, name) for name, field in unanswered.fields.items()}


def _answered(form: type[forms.Form], answers: dict[str, Any]) -> str:
    """What was answered, for the log."""
    visible = [name for name, field in form.base_fields.items() if not field.widget.is_hidden]
    return ", ".join(f"{name.replace('_', ' ')}: {answers[name]}" for name in visible if answers[name])


def _listed(reasons: list[str]) -> str:
    more = len(reasons) - SHOWN_REASONS
    return "; ".join(reasons[:SHOWN_REASONS]) + (f"; and {more} more" if more > 0 else "")
