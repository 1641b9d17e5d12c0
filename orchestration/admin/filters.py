"""Filters whose choices cost next to nothing, on tables too large to ask for their distinct values."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from orchestration.definition import known_task_types
from orchestration.models import RegisteredPipeline, TaskRun, Worker
from orchestration.selectors.workers import live_workers

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

MOST_CHOICES = 100
Choices = Iterable[tuple[str, str]]


class PipelineFilter(SimpleListFilter):
    """Executions, task runs … of one pipeline; `path` leads from the model to the pipeline's id."""

    title = "pipeline"
    parameter_name = "pipeline"
    path = "pipeline"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        ids = RegisteredPipeline.objects.order_by("-updated_at").values_list("id", flat=True)[:MOST_CHOICES]
        return sorted((key, key) for key in ids)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class QueueFilter(SimpleListFilter):
    """Task runs of one queue: of those that workers listen to and those where something waits."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        listened = {queue for queues in live_workers().values_list("queues", flat=True) for queue in queues}
        waiting = TaskRun.objects.filter(status="queued").order_by().values_list("queue", flat=True).distinct()
        return sorted((queue, queue) for queue in {"default", *listened, *waiting})

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(queue=self.value()) if self.value() else queryset


class TaskTypeFilter(SimpleListFilter):
    """Task runs of one type: of those known here and those that workers say they know."""

    title = "task type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        of_workers = {kind for kinds in live_workers().values_list("task_types", flat=True) for kind in kinds}
        return sorted((kind, kind) for kind in of_workers | set(known_task_types()))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(task_type=self.value()) if self.value() else queryset


class AliveFilter(SimpleListFilter):
    """Workers by whether they give signs of life."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        return [("alive", "alive"), ("gone", "no sign of life"), ("stopped", "stopped")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Worker]) -> QuerySet[Worker]:
        alive = live_workers().values("pk")
        match self.value():
            case "alive":
                return queryset.filter(pk__in=alive)
            case "gone":
                return queryset.filter(stopped_at=None).exclude(pk__in=alive).exclude(pool="inline")
            case "stopped":
                return queryset.filter(stopped_at__isnull=False)
        return queryset
