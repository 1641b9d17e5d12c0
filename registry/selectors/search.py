"""Models for the search of the shell."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import Case, IntegerField, Q, When
from django.urls import reverse

from registry.models import RegisteredModel
from registry.selectors.versions import list_models
from web.quantities import plural
from web.search import Hit


def search_models(user: AbstractBaseUser | AnonymousUser, text: str, limit: int) -> list[Hit]:
    """Models whose name or description contains the text: names that begin with it first."""
    if not (isinstance(user, PermissionsMixin) and user.has_perm("registry.view_registeredmodel")):
        return []
    rank = Case(
        When(name__iexact=text, then=0),
        When(name__istartswith=text, then=1),
        When(name__icontains=text, then=2),
        default=3,
        output_field=IntegerField(),
    )
    found = list_models().prefetch_related(None).filter(Q(name__icontains=text) | Q(description__icontains=text))
    return [_hit(model) for model in found.order_by(rank, "name")[:limit]]


def _hit(model: RegisteredModel) -> Hit:
    default, count = getattr(model, "default_label", None), getattr(model, "version_count", 0)
    detail = f"default {default}, " if default else ""
    url = reverse("model", kwargs={"model_name": model.name})
    return Hit(model.name, f"{detail}{plural(count, 'version', 'versions')}", url, "registry")
