"""Models and their versions, as they are stored; prices of hosted ones."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from registry.admin.verbs import DELETE_MODEL, MAKE_DEFAULT, OF_VERSIONS, ROLL_BACK
from registry.models import HostedPrice, ModelVersion, PointerMove, RegisteredModel, VerificationRecord, VersionFile
from registry.states import VersionKind
from registry.templatetags.registry import version_state
from registry.values import decode_object
from web.admin import display
from web.admin.asking import tool
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline
from web.quantities import money, size

HEAVY = ("metadata", "parameters", "input_schema", "output_schema", "default_parameters", "metrics")


def model_link(row: Any) -> SafeString | str:
    return display.change_link(RegisteredModel, row.model_id, row.model.name)


def version_link(row: Any) -> SafeString | str:
    """Of a row that belongs to a version."""
    return display.change_link(ModelVersion, row.version_id, f"{row.version.model.name}:{row.version.label}")


def _made_of(row: ModelVersion) -> str:
    if row.kind == VersionKind.HOSTED:
        return f"{row.provider}/{row.provider_model}"
    return f"{row.format or 'files'}, {size(row.size)}"


def _lists(row: ModelVersion) -> SafeString:
    kinds = ((VersionFile, "files"), (VerificationRecord, "checks"), (HostedPrice, "prices"))
    links = [
        display.link(display.list_address(model, version__id__exact=row.pk), f"All {word}") for model, word in kinds
    ]
    return display.joined(links)


def _moves(row: RegisteredModel) -> SafeString:
    return display.link(display.list_address(PointerMove, model__id__exact=row.pk), "All moves")


def _default(row: RegisteredModel) -> SafeString | str:
    version = next(iter(row.versions.filter(is_default=True)[:1]), None)
    return display.change_link(ModelVersion, version.pk, version.label) if version else display.NONE


def _page(row: ModelVersion) -> str:
    return reverse("model-version", args=[row.model.name, row.label])


def _decoded(title: str, name: str) -> Any:
    return cell(title, lambda row: display.json_block(decode_object(getattr(row, name)), _page(row)))


class VersionInline(RowsInline[ModelVersion, RegisteredModel]):
    """The newest versions."""

    model = ModelVersion
    heavy = HEAVY
    ordering = ("-number",)
    fields = readonly_fields = ("named", "state_shown", "made_of", "registered")

    named = cell("version", lambda row: display.change_link(ModelVersion, row.pk, row.label))
    state_shown = cell("state", lambda row: version_state(row.state))
    made_of = cell("made of", _made_of)
    registered = display.age("registered", "created_at")


@admin.register(RegisteredModel)
class RegisteredModelAdmin(RowsAdmin[RegisteredModel]):
    """Names under which versions are registered."""

    verbs = (ROLL_BACK, DELETE_MODEL)
    inlines = (VersionInline,)
    ordering = ("name",)
    sortable_by = ("name",)
    list_display = ("name", "versions_counted", "updated", "page")
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "default_shown"),
                    ("created_by", "registered"),
                    ("moves_shown", "last_number"),
                    "description",
                    "directions_shown",
                )
            },
        ),
    )

    versions_counted = cell("versions", lambda row: row.version_count)
    updated = display.age("changed", "updated_at")
    registered = display.moment("registered", "created_at")
    default_shown = cell("default version", _default)
    moves_shown = cell("history", _moves)
    directions_shown = cell("better", lambda row: display.json_block(row.metric_directions))
    page = cell("page", lambda row: display.link(reverse("model", args=[row.name]), "open"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisteredModel]:
        rows: QuerySet[RegisteredModel] = super().get_queryset(request).annotate(version_count=Count("versions"))
        return rows

    def row_tools(self, request: HttpRequest, row: RegisteredModel) -> list[dict[str, Any]]:
        return [
            tool("Open its page", reverse("model", args=[row.name]), "open_in_new"),
            *super().row_tools(request, row),
        ]


@admin.register(ModelVersion)
class ModelVersionAdmin(RowsAdmin[ModelVersion]):
    """Versions as they were registered; they never change but in what is said of them."""

    verbs = (MAKE_DEFAULT, *OF_VERSIONS)
    heavy = HEAVY
    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("named", "state_shown", "default_shown", "made_of", "registered_ago", "short_digest")
    list_filter = ("state", "kind", "is_default")
    search_fields = ("model__name", "label", "digest")
    search_help_text = "Model, label or digest"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("of_model", "label"),
                    ("state_shown", "default_shown"),
                    ("made_of", "number"),
                    ("created_by", "registered"),
                    ("digest", "lists"),
                    ("state_reason", "description"),
                    "tags_shown",
                )
            },
        ),
        ("Metrics", {"fields": ("metrics_shown",)}),
        ("Parameters", {"fields": ("parameters_shown", "default_parameters_shown")}),
        ("Metadata", {"fields": ("metadata_shown",)}),
        ("Schemas", {"fields": ("input_shown", "output_shown")}),
    )

    named = cell("version", lambda row: display.two_lines(f"{row.model.name}:{row.label}", f"number {row.number}"))
    of_model = cell("model", model_link)
    state_shown = cell("state", lambda row: version_state(row.state))
    default_shown = cell("default", lambda row: display.state("ok", "Default") if row.is_default else display.NONE)
    made_of = cell("made of", _made_of)
    lists = cell("rows", _lists)
    registered_ago = display.age("registered", "created_at")
    registered = display.moment("registered", "created_at")
    short_digest = cell("digest", lambda row: display.code_text(row.digest[:12] or display.NONE))
    tags_shown = cell("tags", lambda row: display.tags(row.tags))
    metrics_shown = display.value("metrics", "metrics")
    parameters_shown = _decoded("parameters", "parameters")
    default_parameters_shown = _decoded("default parameters", "default_parameters")
    metadata_shown = _decoded("metadata", "metadata")
    input_shown = display.value("input schema", "input_schema")
    output_shown = display.value("output schema", "output_schema")

    def name_row(self, row: ModelVersion) -> str:
        return f"{row.model.name}:{row.label}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).select_related("model")

    def row_tools(self, request: HttpRequest, row: ModelVersion) -> list[dict[str, Any]]:
        return [tool("Open its page", _page(row), "open_in_new"), *super().row_tools(request, row)]


@admin.register(HostedPrice)
class HostedPriceAdmin(RowsAdmin[HostedPrice]):
    """What hosted versions cost, from when on; a new price is a new row, made over REST."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("of_version", "begins", "reads", "reads_cached", "writes", "created_by")
    search_fields = ("version__model__name", "version__label")
    fieldsets = ((None, {"fields": (("of_version", "begins"), ("reads", "reads_cached"), ("writes", "created_by"))}),)

    of_version = cell("version", version_link)
    begins = display.moment("from", "starts_at")
    reads = cell("a million tokens read", lambda row: money(row.input_microusd))
    reads_cached = cell(
        "read from its cache",
        lambda row: display.NONE if row.cached_input_microusd is None else money(row.cached_input_microusd),
    )
    writes = cell("written", lambda row: money(row.output_microusd))

    def get_queryset(self, request: HttpRequest) -> QuerySet[HostedPrice]:
        return super().get_queryset(request).select_related("version__model")
