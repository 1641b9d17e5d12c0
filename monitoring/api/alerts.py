"""`/alerts` and `/silences`: what is wrong, and what people do about it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from monitoring.api import parameters, serializers
from monitoring.api.filters import AlertFilter, SilenceFilter
from monitoring.api.parameters import read_body
from monitoring.models import Alert, Silence
from monitoring.selectors.behind import alerts_touched, counted_executions
from monitoring.services import alerts as verbs
from monitoring.services.resolving import resolve_alert
from monitoring.services.rules import find_rule
from orchestration.api.filters import ExecutionFilter
from orchestration.api.parameters import EXECUTION_ID
from orchestration.api.serializers import ExecutionSummary
from orchestration.models import Execution
from orchestration.selectors.listing import find_whole_execution

READ, CHANGE, SILENCE = "monitoring.view_alert", "monitoring.change_alert", "monitoring.add_silence"
MOVED = OpenApiResponse(description="Somebody or something was quicker; `detail` says how it stands.")
REFUSED = OpenApiResponse(description="Such a silence cannot be: it has ended, lasts too long, or names nothing.")


class AlertViewSet(ListModelMixin, GenericViewSet[Alert]):
    """Alerts, newest first."""

    queryset = Alert.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {
        **dict.fromkeys(("list", "retrieve"), READ),
        **dict.fromkeys(("acknowledge", "resolve"), CHANGE),
        "silence": SILENCE,
    }
    serializer_class = serializers.AlertSummary
    filterset_class = AlertFilter
    ordering = ("-started_at", "-id")

    def get_queryset(self) -> QuerySet[Alert]:
        return Alert.objects.select_related("rule")

    @extend_schema(parameters=[parameters.ALERT_ID], responses=serializers.AlertDetail)
    def retrieve(self, request: Request, alert_id: int) -> Response:
        """An alert with its history and the executions behind it."""
        return _detail(request, alert_id)

    @extend_schema(
        parameters=[parameters.ALERT_ID],
        request=serializers.NoteRequest,
        responses={200: serializers.AlertDetail, 409: MOVED},
    )
    def acknowledge(self, request: Request, alert_id: int) -> Response:
        """Say that somebody looks after it; it tells of its end."""
        asked = read_body(serializers.NoteRequest, request)
        verbs.acknowledge_alert(alert_id=alert_id, by=request.user.get_username(), **asked)
        return _detail(request, alert_id)

    @extend_schema(
        parameters=[parameters.ALERT_ID],
        request=serializers.NoteRequest,
        responses={200: serializers.AlertDetail, 409: MOVED},
    )
    def resolve(self, request: Request, alert_id: int) -> Response:
        """End it by hand. Should it still be so at the next evaluation, a new alert begins."""
        note = read_body(serializers.NoteRequest, request).get("note", "")
        resolve_alert(alert_id=alert_id, by=request.user.get_username(), reason=note)
        return _detail(request, alert_id)

    @extend_schema(
        parameters=[parameters.ALERT_ID],
        request=serializers.SilenceAlertRequest,
        responses={201: serializers.SilenceShown, 422: REFUSED},
    )
    def silence(self, request: Request, alert_id: int) -> Response:
        """Tell nobody of this alert's group until a time."""
        asked = read_body(serializers.SilenceAlertRequest, request)
        made = verbs.silence(alert=verbs.find_alert(alert_id), by=request.user.get_username(), **asked)
        return Response(serializers.SilenceShown(made).data, status=201)


class ExecutionAlertViewSet(GenericViewSet[Alert]):
    """The alerts of an execution: all of them, in one answer."""

    queryset = Alert.objects.none()
    permissions_needed = {"list": READ}
    pagination_class = None

    @extend_schema(
        parameters=[EXECUTION_ID],
        responses=serializers.TouchedAlert(many=True),
        operation_id="executions_alerts_list",
        filters=False,
    )
    def list(self, request: Request, execution_id: str) -> Response:
        """The alerts whose metric counted an execution while they were bad, those it made worse first."""
        touched = alerts_touched(find_whole_execution(execution_id))
        return Response(serializers.TouchedAlert(touched, many=True).data)


class SilenceViewSet(ListModelMixin, GenericViewSet[Silence]):
    """Silences, the newest first."""

    queryset = Silence.objects.none()
    permissions_needed = {
        "list": "monitoring.view_silence",
        "create": SILENCE,
        "destroy": "monitoring.change_silence",
    }
    serializer_class = serializers.SilenceShown
    filterset_class = SilenceFilter
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Silence]:
        return Silence.objects.all()

    @extend_schema(
        request=serializers.SilenceRequest, responses={201: serializers.SilenceShown, 404: None, 422: REFUSED}
    )
    def create(self, request: Request) -> Response:
        """Tell nobody of a rule, a pipeline or both until a time; it takes effect at the next evaluation."""
        asked = read_body(serializers.SilenceRequest, request)
        about: dict[str, Any] = {"pipeline_id": asked.pop("pipeline", "")}
        if "rule" in asked:
            about["rule"] = find_rule(asked.pop("rule"))
        made = verbs.silence(by=request.user.get_username(), **about, **asked)
        return Response(serializers.SilenceShown(made).data, status=201)

    @extend_schema(parameters=[parameters.SILENCE_ID], responses={204: None})
    def destroy(self, request: Request, silence_id: int) -> Response:
        """End a silence; what still fires is told from the next evaluation on."""
        verbs.end_silence(silence_id=silence_id)
        return Response(status=204)


class AlertExecutionViewSet(ListModelMixin, GenericViewSet[Execution]):
    """The executions behind an alert."""

    queryset = Execution.objects.none()
    permissions_needed = {"list": "orchestration.view_execution"}
    serializer_class = ExecutionSummary
    filterset_class = ExecutionFilter
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> QuerySet[Execution]:
        return counted_executions(verbs.find_alert(self.kwargs["alert_id"]))

    @extend_schema(parameters=[parameters.ALERT_ID])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The executions that an alert's metric counted within window and scope, newest first."""
        return super().list(request, *args, **kwargs)


def _detail(request: Request, alert_id: int) -> Response:
    return Response(serializers.AlertDetail(verbs.find_alert(alert_id), context={"request": request}).data)
