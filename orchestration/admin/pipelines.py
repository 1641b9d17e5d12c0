"""Registered pipelines and their versions, which never change; only which one is current does."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from orchestration.admin.filters import PipelineFilter
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, PipelineVersion, RegisteredPipeline
from orchestration.services.pipelines import register_pipeline
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline
from web.admin.verbs import Verb


def _make_current(request: HttpRequest, row: PipelineVersion, answers: dict[str, Any]) -> None:
    register_pipeline(pipeline=pipeline_of(row.pk), pipeline_id=row.pipeline_id)


def _current(row: PipelineVersion) -> str | None:
    return "it is current already" if is_current(row) else None


def is_current(row: PipelineVersion) -> bool:
    return row.pipeline.current_version_id == row.pk


def _state(row: PipelineVersion) -> SafeString | str:
    return display.state("ok", "Current") if is_current(row) else display.NONE


def _current_version(row: RegisteredPipeline) -> SafeString | str:
    version = row.current_version
    return display.change_link(PipelineVersion, version.pk, f"v{version.number}") if version else display.NONE


def _executions(**of: object) -> SafeString:
    return display.link(display.list_address(Execution, **of), "All executions")


MAKE_CURRENT = Verb(
    name="make-current",
    label="Make current",
    did="made current",
    permission="orchestration.add_pipelineversion",
    explanation="New executions of the pipeline run it from now on; those that run keep the version they began with.",
    perform=_make_current,
    obstacle=_current,
    icon="published_with_changes",
)


class VersionInline(RowsInline[PipelineVersion, RegisteredPipeline]):
    """The newest versions."""

    model = PipelineVersion
    fk_name = "pipeline"
    verbose_name_plural = "versions"
    ordering = ("-number",)
    heavy = ("definition",)
    fields = readonly_fields = ("version", "label", "task_count", "current", "registered")

    version = cell("version", lambda row: display.change_link(PipelineVersion, row.pk, f"v{row.number}"))
    current = cell("state", _state)
    registered = display.moment("registered", "created_at")


@admin.register(RegisteredPipeline)
class RegisteredPipelineAdmin(RowsAdmin[RegisteredPipeline]):
    """Pipelines under the ids they are called by."""

    inlines = (VersionInline,)
    ordering = ("id",)
    sortable_by = ("id",)
    list_display = ("id", "current", "versions_counted", "updated", "page")
    search_fields = ("id",)
    fieldsets = ((None, {"fields": (("id", "current"), ("registered", "updated"), "executions_shown")}),)

    current = cell("current version", _current_version)
    versions_counted = cell("versions", lambda row: row.version_count)
    updated = display.age("changed", "updated_at")
    registered = display.moment("registered", "created_at")
    executions_shown = cell("executions", lambda row: _executions(pipeline=row.pk))
    page = cell("page", lambda row: display.link(reverse("pipeline", args=[row.pk]), "open"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisteredPipeline]:
        rows: QuerySet[RegisteredPipeline] = super().get_queryset(request).select_related("current_version")
        return rows.defer("current_version__definition").annotate(version_count=Count("versions"))

    def row_tools(self, request: HttpRequest, row: RegisteredPipeline) -> list[dict[str, Any]]:
        page = tool("Open its page", reverse("pipeline", args=[row.pk]), "open_in_new")
        return [page, *super().row_tools(request, row)]


@admin.register(PipelineVersion)
class PipelineVersionAdmin(RowsAdmin[PipelineVersion]):
    """Definitions as they were registered."""

    verbs = (MAKE_CURRENT,)
    heavy = ("definition",)
    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("name", "label", "current", "task_count", "registered_ago", "short_digest")
    list_filter = (PipelineFilter,)
    search_fields = ("pipeline__id", "label", "digest")
    search_help_text = "Pipeline, label or digest"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("of_pipeline", "number"),
                    ("label", "current"),
                    ("task_count", "registered"),
                    ("executions_shown", "digest"),
                )
            },
        ),
        ("Definition", {"fields": ("definition_shown",)}),
    )

    name = cell("version", lambda row: f"{row.pipeline_id} v{row.number}")
    current = cell("state", _state)
    registered_ago = display.age("registered", "created_at")
    short_digest = cell("digest", lambda row: display.code_text(row.digest[:12]))
    of_pipeline = cell(
        "pipeline", lambda row: display.change_link(RegisteredPipeline, row.pipeline_id, row.pipeline_id)
    )
    registered = display.moment("registered", "created_at")
    definition_shown = cell(
        "definition",
        lambda row: display.json_block(row.definition, reverse("pipeline-version", args=[row.pipeline_id, row.number])),
    )
    executions_shown = cell("executions", lambda row: _executions(version__id__exact=row.pk))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PipelineVersion]:
        return super().get_queryset(request).select_related("pipeline")
