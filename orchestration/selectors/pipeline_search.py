"""Pipelines for the search of the shell."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import Case, IntegerField, Q, When
from django.urls import reverse

from orchestration.models import RegisteredPipeline
from orchestration.selectors.listing import list_pipelines
from web.quantities import plural
from web.search import Hit


def search_pipelines(user: AbstractBaseUser | AnonymousUser, text: str, limit: int) -> list[Hit]:
    """Pipelines whose id or description contains the text: ids that begin with it first."""
    if not (isinstance(user, PermissionsMixin) and user.has_perm("orchestration.view_registeredpipeline")):
        return []
    rank = Case(
        When(id__iexact=text, then=0),
        When(id__istartswith=text, then=1),
        When(id__icontains=text, then=2),
        default=3,
        output_field=IntegerField(),
    )
    found = list_pipelines().filter(Q(id__icontains=text) | Q(description__icontains=text))
    return [_hit(pipeline) for pipeline in found.order_by(rank, "id")[:limit]]


def _hit(pipeline: RegisteredPipeline) -> Hit:
    version = pipeline.current_version
    detail = f"version {version.number}, {plural(version.task_count, 'task', 'tasks')}" if version else ""
    return Hit(pipeline.pk, detail, reverse("pipeline", kwargs={"pipeline_id": pipeline.pk}), "pipelines")
