"""`/executions`: start, follow, read and cancel."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from common.repeats import is_repeated
from orchestration.api import parameters, serializers
from orchestration.api.filters import EventFilter, ExecutionFilter, TaskRunFilter
from orchestration.api.linked import LinkedExecution
from orchestration.api.problems import NoSuchTask, NoValue, TooManyStreams
from orchestration.api.streams import EventStream, has_more, slots
from orchestration.engine.blobs import load_value
from orchestration.engine.store import Origin
from orchestration.models import Blob, Execution, ExecutionEvent, TaskRun
from orchestration.selectors.executions import find_execution
from orchestration.selectors.listing import (
    find_execution_key,
    find_whole_execution,
    list_events,
    list_executions,
    list_task_runs,
)
from orchestration.services.executions import cancel_execution, execute_pipeline
from orchestration.states import Trigger

READ = "orchestration.view_execution"
ANY_VALUE = {200: {"description": "the value, as it is"}}


class ExecutionViewSet(ListModelMixin, GenericViewSet[Execution]):
    """Executions, newest first."""

    permissions_needed = {
        "list": READ,
        "retrieve": READ,
        "input": READ,
        "output": READ,
        "create": "orchestration.add_execution",
        "cancel": "orchestration.change_execution",
    }
    serializer_class = serializers.ExecutionSummary
    filterset_class = ExecutionFilter
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> QuerySet[Execution]:
        return list_executions()

    @extend_schema(
        parameters=[parameters.IDEMPOTENCY_KEY],
        request=serializers.ExecuteRequest,
        responses={
            201: serializers.ExecutionDetail,
            200: OpenApiResponse(serializers.ExecutionDetail, "This key started it before."),
            404: OpenApiResponse(description="There is no such pipeline or version."),
            409: OpenApiResponse(description="The key was used before with another input."),
            422: OpenApiResponse(description="The input does not fit, or a model is not configured."),
        },
    )
    def create(self, request: Request) -> Response:
        """Start an execution. Answers as soon as it is written down; workers do the rest."""
        key = parameters.read_idempotency_key(request)
        body = serializers.ExecuteRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        execution = execute_pipeline(
            pipeline_id=asked["pipeline"],
            input_data=asked.get("input", {}),
            version=asked.get("version"),
            labels=asked.get("labels"),
            title=asked.get("title", ""),
            origin=Origin(Trigger.API, started_by=request.user.get_username()),
            idempotency_key=key,
        )
        address = reverse("execution-detail", kwargs={"execution_id": execution.pk}, request=request)
        status = 200 if is_repeated(execution) else 201
        return Response(self._describe(execution.pk), status=status, headers={"Location": address})

    @extend_schema(parameters=[parameters.EXECUTION_ID], responses=LinkedExecution)
    def retrieve(self, request: Request, execution_id: str) -> Response:
        """How an execution stands, with its input and output when they are small, and what it leads to."""
        context = self.get_serializer_context()
        return Response(LinkedExecution(find_whole_execution(execution_id), context=context).data)

    @extend_schema(parameters=[parameters.EXECUTION_ID], responses=ANY_VALUE)
    def input(self, request: Request, execution_id: str) -> Response:
        """An execution's input in full."""
        return _value_response(find_whole_execution(execution_id).input, "input")

    @extend_schema(parameters=[parameters.EXECUTION_ID], responses=ANY_VALUE)
    def output(self, request: Request, execution_id: str) -> Response:
        """An execution's output in full, once it completed."""
        execution = find_execution(execution_id)
        if execution.output is None:
            raise NoValue(f"the execution is {execution.status}; only a completed one has an output")
        return _value_response(execution.output, "output")

    @extend_schema(
        parameters=[parameters.EXECUTION_ID], request=serializers.CancelRequest, responses=serializers.Cancelled
    )
    def cancel(self, request: Request, execution_id: str) -> Response:
        """Cancel an execution at once. Cancelling again changes nothing."""
        body = serializers.CancelRequest(data=request.data)
        body.is_valid(raise_exception=True)
        key = find_execution_key(execution_id)
        cancelled = cancel_execution(execution_id=key, reason=body.validated_data.get("reason", ""))
        shown = {"cancelled": cancelled, "status": find_execution(key).status}
        return Response(serializers.Cancelled(shown).data)

    def _describe(self, execution_id: str | UUID) -> Any:
        context = self.get_serializer_context()
        return serializers.ExecutionDetail(find_whole_execution(execution_id), context=context).data


class TaskRunViewSet(ListModelMixin, GenericViewSet[TaskRun]):
    """An execution's task runs, in the order of execution."""

    queryset = TaskRun.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = dict.fromkeys(("list", "retrieve", "output"), "orchestration.view_taskrun")
    serializer_class = serializers.TaskRunSummary
    filterset_class = TaskRunFilter
    ordering = ("position",)

    def get_queryset(self) -> QuerySet[TaskRun]:
        return list_task_runs(find_execution_key(self.kwargs["execution_id"]))

    @extend_schema(parameters=[parameters.EXECUTION_ID])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An execution's task runs, in the order of execution."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[parameters.EXECUTION_ID, parameters.TASK_NAME], responses=serializers.TaskRunDetail)
    def retrieve(self, request: Request, execution_id: str, name: str) -> Response:
        """A task run with its attempts."""
        context = self.get_serializer_context()
        return Response(serializers.TaskRunDetail(self._find(name), context=context).data)

    @extend_schema(parameters=[parameters.EXECUTION_ID, parameters.TASK_NAME], responses=ANY_VALUE)
    def output(self, request: Request, execution_id: str, name: str) -> Response:
        """A task run's output in full, once it completed."""
        row = self._find(name)
        if row.output is None:
            raise NoValue(f'the task "{name}" is {row.status}; only a completed one has an output')
        return _value_response(row.output, "output")

    def _find(self, name: str) -> TaskRun:
        row = self.get_queryset().defer(None).prefetch_related("attempts").filter(name=name).first()
        if row is None:
            raise NoSuchTask(f'the execution has no task "{name[:100]}"')
        return row


class EventStreamRenderer(BaseRenderer):
    """Makes `Accept: text/event-stream` acceptable; streams are not rendered."""

    media_type = "text/event-stream"
    format = "event-stream"

    def render(self, *args: Any, **kwargs: Any) -> bytes:
        return b""


class EventViewSet(ListModelMixin, GenericViewSet[ExecutionEvent]):
    """What happened in an execution."""

    queryset = ExecutionEvent.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {"list": "orchestration.view_executionevent"}
    serializer_class = serializers.Event
    filterset_class = EventFilter
    ordering = ("id",)
    renderer_classes = (*APIView.renderer_classes, EventStreamRenderer)

    def get_queryset(self) -> QuerySet[ExecutionEvent]:
        return list_events(find_execution_key(self.kwargs["execution_id"]))

    @extend_schema(
        parameters=[parameters.EXECUTION_ID, parameters.LAST_EVENT_ID],
        responses={
            (200, "application/json"): serializers.Event(many=True),
            (200, "text/event-stream"): OpenApiResponse({"type": "string"}, "Each `data` is one event."),
            204: OpenApiResponse(description="A stream that would have nothing to say any more: do not connect again."),
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What happened, in order: as pages, or (`Accept: text/event-stream`) from the first event on, live."""
        if request.accepted_renderer.format == EventStreamRenderer.format:
            return self._stream(request)
        return super().list(request, *args, **kwargs)

    def _stream(self, request: Request) -> HttpResponseBase:
        execution_id = find_execution_key(self.kwargs["execution_id"])
        after = parameters.read_last_event_id(request)
        if not has_more(execution_id, after):
            return HttpResponse(status=204)
        if not slots.take():
            raise TooManyStreams("this server has as many event streams open as it serves at once (API_MAX_STREAMS)")
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        stream = EventStream(execution_id, after, slots.give_back)
        return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def _value_response(stored: Any, what: str) -> Response:
    try:
        return Response(load_value(stored))
    except Blob.DoesNotExist as error:
        raise NoValue(f"the {what} was kept in a blob that is gone; manage.py doctor lists such losses") from error
