"""The result cache over REST: what it did, what is known of a key, and invalidating by tag."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from common.rest.fields import Output, StrictSerializer
from common.rest.parameters import read_query
from orchestration.cache.facade import ResultCache
from orchestration.cache.installed import get_installed
from orchestration.cache.statistics import latest_changes, summarise

READ = "orchestration.view_cacheentry"
LONGEST_HOURS = 24 * 366
CHANGES = 50
KINDS = ["clean-up", "ttl", "size"]
KEY = OpenApiParameter("key", {"type": "string", "minLength": 1}, OpenApiParameter.PATH)
TAG = OpenApiParameter("tag", {"type": "string", "minLength": 1}, OpenApiParameter.PATH)


class StatisticsQuery(StrictSerializer):
    hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_HOURS, default=24, help_text="how far to look back, in whole hours"
    )


class LevelHits(Output):
    hits = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="of all look-ups; null when there was none")


class Levels(Output):
    memory = LevelHits()
    store = LevelHits()


class Sums(Output):
    """What came of look-ups. A hit whose price is not known is in no sum of money."""

    hits = serializers.IntegerField()
    misses = serializers.IntegerField()
    hit_rate = serializers.FloatField(allow_null=True, help_text="null when nothing was looked up")
    levels = Levels()
    bypassed = serializers.IntegerField(help_text="tasks that could not be cached")
    kept = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="results that were not kept")
    removed = serializers.IntegerField(help_text="entries that left the memory of processes")
    bytes_read = serializers.IntegerField()
    bytes_kept = serializers.IntegerField()
    mean_age_seconds = serializers.FloatField(allow_null=True, help_text="of entries when they were hit")
    seconds_saved = serializers.FloatField()
    microusd_saved = serializers.IntegerField(help_text="in millionths of a US dollar")
    unpriced_hits = serializers.IntegerField()


class PipelineSums(Sums):
    pipeline = serializers.CharField()


class TaskSums(PipelineSums):
    task = serializers.CharField()


class ModelSums(Sums):
    model = serializers.CharField()


class CacheMemory(Output):
    strategy = serializers.CharField()
    entries = serializers.IntegerField(help_text="of the process that answers; each has its own")
    bytes = serializers.IntegerField()
    capacity_bytes = serializers.IntegerField()


class CacheStore(Output):
    answers = serializers.BooleanField()
    kind = serializers.CharField(help_text="`redis` or `table`")
    entries = serializers.IntegerField(required=False, allow_null=True, help_text="null: Redis does not count ours")
    bytes = serializers.IntegerField(required=False, allow_null=True)
    is_exact = serializers.BooleanField(
        required=False, help_text="false: of a large table, as it was when the optimiser last looked"
    )
    server_bytes = serializers.IntegerField(required=False, help_text="what Redis uses in all")
    error = serializers.CharField(required=False, help_text="why it does not answer")
    owed_deletes = serializers.IntegerField(help_text="deletes that could not reach it and are still to be done")


class CacheChange(Output):
    """Something the optimiser did or proposes."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField(allow_blank=True, help_text="pipeline/task; empty for the whole cache")
    before = serializers.FloatField(allow_null=True, help_text="seconds or bytes")
    after = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    is_applied = serializers.BooleanField()


class CacheStatistics(Sums):
    """Of all processes; groups are the 100 busiest."""

    hours = serializers.IntegerField()
    reasons = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="outcome → reason → how often, the 20 commonest of each",
    )
    by_pipeline = PipelineSums(many=True)
    by_task = TaskSums(many=True)
    by_model = ModelSums(many=True)
    memory = CacheMemory()
    store = CacheStore()
    changes = CacheChange(many=True, help_text=f"the optimiser's log, newest first, {CHANGES} at most")


class ExplainedKey(Output):
    """Whether a look-up would be a hit; `reason` if not, everything else if so."""

    key = serializers.CharField()
    found = serializers.BooleanField()
    reason = serializers.CharField(required=False)
    level = serializers.CharField(required=False, help_text="`memory` of the process that answers, or `store`")
    form = serializers.CharField(required=False, help_text="how the value is written")
    bytes = serializers.IntegerField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    age_seconds = serializers.FloatField(required=False)
    expires_in_seconds = serializers.FloatField(required=False, allow_null=True, help_text="null: never")


class CacheViewSet(ViewSet):
    """The result cache. How it works: docs/cache.md."""

    permissions_needed = {"retrieve": READ, "explain": READ, "destroy": "orchestration.delete_cacheentry"}

    @extend_schema(operation_id="cache_retrieve", parameters=[StatisticsQuery], responses=CacheStatistics)
    def retrieve(self, request: Request) -> Response:
        """What the cache did in all processes, why look-ups missed, what was saved, and how full it is."""
        hours: int = read_query(StatisticsQuery, request)["hours"]
        found = summarise(get_installed(), hours)
        return Response({**found, "changes": CacheChange(latest_changes(CHANGES), many=True).data})

    @extend_schema(operation_id="cache_explain", parameters=[KEY], responses=ExplainedKey)
    def explain(self, request: Request, key: str) -> Response:
        """What is known of a key of `orchestrator.cache`. Why a task's result was found or not, its task run says."""
        return Response(ResultCache().explain(key))

    @extend_schema(
        operation_id="cache_tags_destroy",
        parameters=[TAG],
        responses={204: None, 503: OpenApiResponse(description="The store does not answer; send it again.")},
    )
    def destroy(self, request: Request, tag: str) -> Response:
        """Invalidate every result and value that has the tag, in all processes. Doing it again does no harm."""
        ResultCache().delete_by_tags([tag])
        return Response(status=204)
