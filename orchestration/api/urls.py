"""Addresses under `/api/v1/`. Without a slash at the end."""

from typing import Any

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…>
from orchestration.api.cache import CacheViewSet
from orchestration.api.control import ControlViewSet
from orchestration.api.executions import EventViewSet, ExecutionViewSet, TaskRunViewSet
from orchestration.api.pipelines import EditorSchemaView, PipelineViewSet, VersionViewSet

PIPELINE = "pipelines/<text:pipeline_id>"
EXECUTION = "executions/<text:execution_id>"
READ: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("pipelines", PipelineViewSet.as_view({"get": "list", "post": "create"}), name="pipeline-list"),
    path("pipelines/validate", PipelineViewSet.as_view({"post": "validate"}), name="pipeline-validate"),
    path(PIPELINE, PipelineViewSet.as_view(READ), name="pipeline-detail"),
    path(f"{PIPELINE}/schema", PipelineViewSet.as_view({"get": "inputs"}), name="pipeline-inputs"),
    path(f"{PIPELINE}/versions", VersionViewSet.as_view({"get": "list"}), name="version-list"),
    path(f"{PIPELINE}/versions/<int:number>", VersionViewSet.as_view(READ), name="version-detail"),
    path("executions", ExecutionViewSet.as_view({"get": "list", "post": "create"}), name="execution-list"),
    path(EXECUTION, ExecutionViewSet.as_view(READ), name="execution-detail"),
    path(f"{EXECUTION}/input", ExecutionViewSet.as_view({"get": "input"}), name="execution-input"),
    path(f"{EXECUTION}/output", ExecutionViewSet.as_view({"get": "output"}), name="execution-output"),
    path(f"{EXECUTION}/cancel", ExecutionViewSet.as_view({"post": "cancel"}), name="execution-cancel"),
    path(f"{EXECUTION}/pause", ControlViewSet.as_view({"post": "pause"}), name="execution-pause"),
    path(f"{EXECUTION}/resume", ControlViewSet.as_view({"post": "resume"}), name="execution-resume"),
    path(f"{EXECUTION}/rerun", ControlViewSet.as_view({"post": "rerun"}), name="execution-rerun"),
    path(f"{EXECUTION}/events", EventViewSet.as_view({"get": "list"}), name="event-list"),
    path(f"{EXECUTION}/tasks", TaskRunViewSet.as_view({"get": "list"}), name="task-list"),
    path(f"{EXECUTION}/tasks/<text:name>", TaskRunViewSet.as_view(READ), name="task-detail"),
    path(f"{EXECUTION}/tasks/<text:name>/output", TaskRunViewSet.as_view({"get": "output"}), name="task-output"),
    path("cache", CacheViewSet.as_view(READ), name="cache-statistics"),
    path("cache/explain/<textpath:key>", CacheViewSet.as_view({"get": "explain"}), name="cache-explain"),
    path("cache/tags/<textpath:tag>", CacheViewSet.as_view({"delete": "destroy"}), name="cache-tag"),
    path("schema/pipeline.json", EditorSchemaView.as_view(), name="pipeline-schema"),
]
