"""What the registry's pages share: a missing one as 404, what somebody may do, tabs, sentences of moves."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from registry.exceptions import ModelNotFound, VersionNotFound
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.resolving import find_model, no_version
from web.paging import Pager
from web.parts import Tab
from web.quantities import quantity

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
READ = "registry.view_registeredmodel"
REGISTER = "registry.add_modelversion"
MOVE = "registry.add_pointermove"
EDIT_MODEL = "registry.change_registeredmodel"
EDIT_VERSION = "registry.change_modelversion"
DELETE_MODEL = "registry.delete_registeredmodel"
DELETE_VERSION = "registry.delete_modelversion"


def missing_is_404(view: View[P]) -> View[P]:
    """The page for a model or version that is not there says which one, and what is near."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (ModelNotFound, VersionNotFound) as error:
            raise Http404(sentence(str(error))) from error

    return cast("View[P]", found)


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def permissions(request: HttpRequest) -> dict[str, bool]:
    """What the person may do besides reading."""
    may = request.user.has_perm
    return {
        "can_register": may(REGISTER),
        "can_move": may(MOVE),
        "can_edit_model": may(EDIT_MODEL),
        "can_edit_version": may(EDIT_VERSION),
        "can_delete_model": may(DELETE_MODEL),
    }


def find_labelled(model_name: str, label: str) -> ModelVersion:
    """A version by its label alone: a page has one address. Raises `ModelNotFound`, `VersionNotFound`."""
    model = find_model(model_name)
    found = model.versions.filter(label=label).first()
    if found is None:
        raise no_version(model, label)
    found.model = model
    return found


def parents(model: RegisteredModel) -> tuple[tuple[str, str], ...]:
    """The pages above what is asked about a model."""
    return (("Registry", reverse("models")), (model.name, reverse("model", kwargs={"model_name": model.name})))


def tabs(model: RegisteredModel, count: int, current: str) -> list[Tab]:
    key = {"model_name": model.name}
    return [
        Tab("Versions", reverse("model", kwargs=key), current == "versions", count),
        Tab("History", reverse("model-history", kwargs=key), current == "history"),
        Tab("Compare", reverse("model-compare", kwargs=key), current == "compare"),
    ]


def pager(request: HttpRequest, shown: Page[Any]) -> Pager:
    """Links that keep the rest of the address."""

    def link(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return Pager(
        summary=f"{shown.start_index()} to {shown.end_index()} of {quantity(shown.paginator.count)}",
        newer=link(shown.previous_page_number()) if shown.has_previous() else "",
        older=link(shown.next_page_number()) if shown.has_next() else "",
        newer_label="Back",
        older_label="Next",
    )
