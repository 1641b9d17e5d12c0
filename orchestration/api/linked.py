"""The shape of an execution with what it leads to: models, reviews, cache origins."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.rest.fields import Output
from orchestration.api.serializers import ExecutionDetail
from orchestration.models import Execution
from orchestration.selectors.execution_links import ExecutionLinks, read_links


class ModelUsed(Output):
    model = serializers.CharField(help_text="as resolved when the execution started")
    tasks = serializers.IntegerField(help_text="how many have it")


class ReviewLink(Output):
    task = serializers.CharField()
    review = serializers.UUIDField(source="review_id")
    status = serializers.CharField(help_text="where the review stands")
    verdict = serializers.CharField(allow_blank=True, help_text="approved, corrected or rejected; else empty")


class CacheOrigin(Output):
    execution = serializers.CharField(source="execution_id", allow_blank=True, help_text="empty when it was pruned")
    task = serializers.CharField(help_text="the first there whose result was found")
    tasks = serializers.IntegerField(help_text="how many results were found")


class LinkedExecution(ExecutionDetail):
    """At most six models, reviews and origins; the tasks have all of them. Its alerts are at `/alerts`."""

    models = serializers.SerializerMethodField(help_text="that its tasks asked, most used first")
    reviews = serializers.SerializerMethodField(help_text="of its results, in the order of execution")
    cache_origins = serializers.SerializerMethodField(help_text="executions whose results it found in the cache")

    @cached_property
    def _links(self) -> ExecutionLinks:
        execution: Any = self.instance
        return read_links(execution.pk)

    @extend_schema_field(ModelUsed(many=True))
    def get_models(self, execution: Execution) -> Any:
        return ModelUsed(self._links.models, many=True).data

    @extend_schema_field(ReviewLink(many=True))
    def get_reviews(self, execution: Execution) -> Any:
        return ReviewLink(self._links.reviews, many=True).data

    @extend_schema_field(CacheOrigin(many=True))
    def get_cache_origins(self, execution: Execution) -> Any:
        return CacheOrigin(self._links.cached, many=True).data
