"""`/metrics` and `/percentiles`: what was measured, of any time, limited to labels and grouped by them."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from common.rest.parameters import read_query
from monitoring.api import parameters, serializers
from monitoring.metrics.catalogue import all_metrics, find_metric
from monitoring.selectors import metrics as reading

READ = "monitoring.view_rollup"
MOST_SERIES = 200
REFUSED = OpenApiResponse(description="A label it is not kept by, an end before the start, too many steps.")


class MetricViewSet(ViewSet):
    """Figures from roll-ups."""

    permissions_needed = dict.fromkeys(("catalogue", "query", "percentiles"), READ)

    @extend_schema(operation_id="metrics_list", responses=serializers.MetricCatalogue)
    def catalogue(self, request: Request) -> Response:
        """Every metric with its unit, labels and meaning."""
        found = [{"name": one.name, "unit": one.unit, "labels": one.labels, "help": one.help} for one in all_metrics()]
        return Response(serializers.MetricCatalogue({"metrics": found}).data)

    @extend_schema(
        operation_id="metrics_query",
        parameters=[parameters.METRIC, parameters.MetricQuery],
        responses={200: serializers.MetricAnswer, 404: None, 422: REFUSED},
    )
    def query(self, request: Request, metric: str) -> Response:
        """A metric over a time: one value for each group, and with `step` a series of points."""
        asked = read_query(parameters.MetricQuery, request)
        start, end = parameters.period_of(asked)
        found, scope = find_metric(metric), parameters.scope_of(asked)
        by: Any = tuple(dict.fromkeys(asked["by"].split(","))) if asked.get("by") else ()
        rows = reading.measure(found.name, start=start, end=end, scope=scope, by=by)
        rows.sort(key=lambda row: -row.samples)
        points = {}
        if "step" in asked:
            step = timedelta(seconds=asked["step"])
            points = reading.metric_series(found.name, start=start, end=end, step=step, scope=scope, by=by)
        answer = {
            "metric": found.name,
            "unit": found.unit,
            "start": start,
            "end": end,
            "complete_until": reading.data_until(),
            "series": [
                {
                    "labels": row.labels,
                    "value": row.value,
                    "samples": row.samples,
                    "points": points.get(tuple(row.labels.values()), []),
                }
                for row in rows[:MOST_SERIES]
            ],
            "left_off": max(0, len(rows) - MOST_SERIES),
        }
        return Response(serializers.MetricAnswer(answer).data)

    @extend_schema(
        operation_id="metrics_percentiles",
        parameters=[parameters.PercentilesQuery],
        responses={200: serializers.Percentiles, 404: None, 422: REFUSED},
    )
    def percentiles(self, request: Request) -> Response:
        """How long executions, attempts or waits took, in seconds, within 1 %."""
        asked = read_query(parameters.PercentilesQuery, request)
        start, end = parameters.period_of(asked)
        of, scope = asked.get("of", "executions"), parameters.scope_of(asked)
        found = reading.percentiles(of, start=start, end=end, scope=scope)
        return Response(serializers.Percentiles({"of": of, "start": start, "end": end, **found}).data)
