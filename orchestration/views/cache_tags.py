"""Invalidating by tag: asks first, then calls what REST and `orchestrator.cache` call."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.facade import ResultCache
from orchestration.forms.cache import TagsForm
from web.access import page
from web.confirm import Question, ask
from web.quantities import plural

DELETE = "orchestration.delete_cacheentry"


@require_http_methods(["GET", "HEAD", "POST"])
@page(DELETE)
def invalidate_tags(request: HttpRequest) -> HttpResponse:
    """Let everything that has one of these tags be made anew; `?tag=` proposes one."""
    if request.method != "POST":
        return ask(request, _question(), TagsForm(initial={"tags": request.GET.get("tag", "")}))
    form = TagsForm(request.POST)
    if not form.is_valid():
        return ask(request, _question(), form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        number = ResultCache().delete_by_tags(form.cleaned_data["tags"])
    except StoreDown as error:
        form.add_error("tags", f"Not done everywhere yet: {error}. Send it again once the store answers.")
        return ask(request, _question(), form, HTTPStatus.SERVICE_UNAVAILABLE)
    messages.success(request, f"{plural(number, 'tag is', 'tags are')} invalidated, in every process.")
    return redirect("cache")


def _question() -> Question:
    return Question(
        title="Invalidate by tag",
        text="Results and values that have any of these tags are made anew the next time somebody asks for them.",
        action="Invalidate",
        parents=(("Result cache", reverse("cache")),),
        is_danger=True,
        details=("What is being made at this moment with one of the tags is not kept either.",),
    )
