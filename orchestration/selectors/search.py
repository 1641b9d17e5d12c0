"""Executions for the search of the shell: by title, by id or a part of it."""

import re
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import Q, QuerySet
from django.urls import reverse

from orchestration.models import Execution
from orchestration.selectors.listing import list_executions
from web.search import Hit

LOOKED_AT = 5_000
"""Of the newest executions, so that an answer takes a few milliseconds however many there are; a whole id finds any."""

_PART_OF_ID = re.compile(r"(?=.*[0-9a-fA-F])[0-9a-fA-F-]{4,36}")


def search_executions(user: AbstractBaseUser | AnonymousUser, text: str, limit: int) -> list[Hit]:
    """Executions that the text is about, newest first."""
    if not (isinstance(user, PermissionsMixin) and user.has_perm("orchestration.view_execution")):
        return []
    return [_hit(execution) for execution in _find(text).order_by("-created_at")[:limit]]


def _find(text: str) -> QuerySet[Execution]:
    try:
        return list_executions().filter(pk=UUID(text))
    except ValueError:
        newest = Execution.objects.order_by("-created_at").values("pk")[:LOOKED_AT]
        is_named = Q(title__icontains=text)
        if _PART_OF_ID.fullmatch(text):
            is_named |= Q(id__icontains=text)
        return list_executions().filter(is_named, pk__in=newest)


def _hit(execution: Execution) -> Hit:
    detail = f"{execution.pipeline_id}, {execution.status.replace('_', ' ')}, {execution.pk.hex[-8:]}"
    url = reverse("execution", args=[execution.pk])
    return Hit(execution.title or execution.pipeline_id, detail, url, str(execution.status))
