"""What is asked of an execution beside cancelling it: pause, resume, run it again."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from common.repeats import is_repeated
from orchestration.api import parameters, serializers
from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.selectors.executions import find_execution
from orchestration.selectors.listing import find_execution_key, find_whole_execution
from orchestration.services.executions import pause_execution, rerun_execution, resume_execution
from orchestration.services.reruns import KEEP
from orchestration.states import Trigger

CHANGE = "orchestration.change_execution"


class ControlViewSet(GenericViewSet[Execution]):
    """Verbs on one execution."""

    queryset = Execution.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {"pause": CHANGE, "resume": CHANGE, "rerun": "orchestration.add_execution"}
    serializer_class = serializers.ExecutionDetail

    @extend_schema(parameters=[parameters.EXECUTION_ID], request=serializers.PauseRequest, responses=serializers.Paused)
    def pause(self, request: Request, execution_id: str) -> Response:
        """Let what runs finish, and start nothing new until it is resumed. Pausing again changes nothing."""
        body = serializers.PauseRequest(data=request.data)
        body.is_valid(raise_exception=True)
        key, by = find_execution_key(execution_id), request.user.get_username()
        paused = pause_execution(execution_id=key, reason=body.validated_data.get("reason", ""), by=by)
        return Response(serializers.Paused({"paused": paused, "status": find_execution(key).status}).data)

    @extend_schema(parameters=[parameters.EXECUTION_ID], request=None, responses=serializers.Resumed)
    def resume(self, request: Request, execution_id: str) -> Response:
        """Let a paused execution go on. One that is not paused goes on as it does."""
        key = find_execution_key(execution_id)
        resumed = resume_execution(execution_id=key, by=request.user.get_username())
        return Response(serializers.Resumed({"resumed": resumed, "status": find_execution(key).status}).data)

    @extend_schema(
        parameters=[parameters.EXECUTION_ID, parameters.IDEMPOTENCY_KEY],
        request=serializers.RerunRequest,
        responses={
            201: serializers.ExecutionDetail,
            200: OpenApiResponse(serializers.ExecutionDetail, "This key started it before."),
            404: OpenApiResponse(description="There is no such execution or version."),
            409: OpenApiResponse(description="It still runs, its values are lost, or the key was used before."),
            422: OpenApiResponse(description="Nothing to reuse, nothing to run, an unknown task, an unfit input."),
        },
    )
    def rerun(self, request: Request, execution_id: str) -> Response:
        """Start a new execution of what this one ran: all of it, or (`from_task`) what has no result to reuse."""
        idempotency_key = parameters.read_idempotency_key(request)
        body = serializers.RerunRequest(data=request.data)
        body.is_valid(raise_exception=True)
        source, asked = find_execution(execution_id), body.validated_data
        execution = rerun_execution(
            execution_id=source.pk,
            from_task=asked.get("from_task"),
            input_data=asked.get("input", KEEP),
            version=asked.get("version"),
            title=asked.get("title"),
            idempotency_key=idempotency_key,
            origin=Origin(Trigger.API, started_by=request.user.get_username()),
        )
        return self._describe_new(execution)

    def _describe_new(self, execution: Execution) -> Response:
        address = reverse("execution-detail", kwargs={"execution_id": execution.pk}, request=self.request)
        context = self.get_serializer_context()
        shown: Any = serializers.ExecutionDetail(find_whole_execution(execution.pk), context=context).data
        return Response(shown, status=200 if is_repeated(execution) else 201, headers={"Location": address})
