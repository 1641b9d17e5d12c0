"""`/health`: the document of `orchestrator.monitor.get_system_health()`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from monitoring.api import serializers
from monitoring.selectors.health import system_health


class HealthViewSet(ViewSet):
    """How the system is."""

    permissions_needed = {"retrieve": "monitoring.view_rollup"}

    @extend_schema(operation_id="health", responses=serializers.SystemHealth)
    def retrieve(self, request: Request) -> Response:
        """Status, success rate, areas and every check; always `200`, unlike `/healthz`."""
        return Response(system_health())
