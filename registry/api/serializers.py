"""The shapes of bodies: `…Request` for what comes in, the others for what goes out.

What comes in is checked for its shape only; whether a name, a metric or a schema may be stored is the services' to say,
which name the place in the body.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.rest.fields import AnyJSON, Object, Output, StrictSerializer, Text, Truth, Whole
from registry.figures import Unit
from registry.models import ModelVersion, RegisteredModel
from registry.names import MAX_ALIAS, MAX_LABEL, MAX_NAME, make_pin
from registry.record import record_of
from registry.selectors.versions import price_at
from registry.states import Better, VersionKind, VersionState
from registry.values import decode_object
from registry.verbs import LONGEST_REASON

# Named in SPECTACULAR_SETTINGS, so that the OpenAPI document has names for them.
VERSION_STATES = [word.value for word in VersionState]
VERSION_KINDS = [word.value for word in VersionKind]
UNITS = [word.value for word in Unit]
BETTER = [word.value for word in Better]
LARGEST_AMOUNT = 2**53 - 1
DIGEST = r"\A[0-9a-fA-F]{64}\Z"

_directions = {"type": "object", "additionalProperties": {"type": "string", "enum": ["higher", "lower"]}}
_numbers = {"type": "object", "additionalProperties": {"type": "number"}}


@extend_schema_field(_directions)
class Directions(Object):
    """Metric → which values are better."""


@extend_schema_field(_numbers)
class Metrics(Object):
    """Name → number."""


def _reason(**more: Any) -> Text:
    return Text(max_length=LONGEST_REASON, required=False, allow_blank=True, help_text="kept in the history", **more)


def _expected() -> Text:
    return Text(
        max_length=MAX_LABEL,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="the label it must point to now, empty for nothing; another one is a 409. Moved anyway if not given",
    )


def _digest() -> serializers.RegexField:
    return serializers.RegexField(
        DIGEST,
        required=False,
        error_messages={"invalid": "give a SHA-256: 64 hexadecimal digits"},
        help_text="SHA-256 in hex; another one is a 422",
    )


# In -------------------------------------------------------------------------------------------------------------------


class DescribeModelRequest(StrictSerializer):
    description = Text(required=False, allow_blank=True)
    metric_directions = Directions(required=False, help_text="metric → higher or lower, whichever is better")


class CreateModelRequest(DescribeModelRequest):
    name = Text(min_length=1, max_length=MAX_NAME)


class VersionRequest(StrictSerializer):
    """What every version may say of itself."""

    version = Text(min_length=1, max_length=MAX_LABEL, help_text="its label, such as v2.1.0")
    description = Text(required=False, allow_blank=True)
    tags = serializers.ListField(child=Text(min_length=1), required=False)
    metadata = Object(required=False, help_text="numbers in it are metrics too")
    metrics = Metrics(required=False)
    metric_directions = Directions(required=False)
    input_schema = Object(required=False, allow_null=True, help_text="JSON Schema, draft 2020-12")
    output_schema = Object(required=False, allow_null=True, help_text="JSON Schema, draft 2020-12")


class UploadRequest(VersionRequest):
    """Begins an upload: files follow one by one."""

    kind = serializers.ChoiceField(choices=[VersionKind.FILES.value])
    parameters = Object(required=False, help_text="what it was trained with")


class ModelPriceRequest(StrictSerializer):
    """Millionths of a dollar for a million tokens."""

    input_microusd = Whole(min_value=0, max_value=LARGEST_AMOUNT)
    output_microusd = Whole(min_value=0, max_value=LARGEST_AMOUNT)
    cached_input_microusd = Whole(
        min_value=0, max_value=LARGEST_AMOUNT, required=False, allow_null=True, help_text="as input when not given"
    )


class HostedRequest(VersionRequest):
    """Registers a model that a provider answers for."""

    kind = serializers.ChoiceField(choices=[VersionKind.HOSTED.value])
    provider = Text(min_length=1, help_text="such as openai; its address and key are settings")
    provider_model = Text(min_length=1, help_text="the provider's name for it")
    default_parameters = Object(required=False)
    price = ModelPriceRequest(required=False)
    set_as_default = Truth(required=False)


class FormFields(StrictSerializer):
    """What stands beside the files of a form."""

    version = Text(min_length=1, max_length=MAX_LABEL, help_text="its label, such as v2.1.0")
    description = Text(required=False, allow_blank=True)
    tags = serializers.ListField(child=Text(min_length=1), required=False, help_text="repeated, or separated by commas")
    metadata = Object(required=False, help_text="JSON")
    metrics = Metrics(required=False, help_text="JSON")
    parameters = Object(required=False, help_text="JSON")
    metric_directions = Directions(required=False, help_text="JSON")
    input_schema = Object(required=False, help_text="JSON")
    output_schema = Object(required=False, help_text="JSON")
    digest = _digest()
    set_as_default = Truth(required=False)


class FormRequest(FormFields):
    """`multipart/form-data`: a file part for every file, its file name being the path inside the version."""

    files = serializers.ListField(child=serializers.FileField())


class DescribeVersionRequest(StrictSerializer):
    description = Text(required=False, allow_blank=True)
    tags = serializers.ListField(child=Text(min_length=1), required=False)
    metrics = Metrics(required=False, help_text="what was measured later; those that are there stay as they are")


class FinishRequest(StrictSerializer):
    digest = _digest()
    set_as_default = Truth(required=False)


class VersionVerbRequest(StrictSerializer):
    reason = _reason()


class PointRequest(StrictSerializer):
    version = Text(min_length=1, max_length=MAX_LABEL, help_text="label, alias or number")
    expected = _expected()
    reason = _reason()


class RollbackRequest(StrictSerializer):
    alias = Text(min_length=1, max_length=MAX_ALIAS, required=False, help_text="the default when not given")
    expected = _expected()
    reason = _reason()


class AddPriceRequest(ModelPriceRequest):
    starts_at = serializers.DateTimeField(required=False, help_text="now when not given")


# Queries --------------------------------------------------------------------------------------------------------------


class FileQuery(StrictSerializer):
    digest = _digest()


class DefaultQuery(StrictSerializer):
    at = serializers.DateTimeField(required=False, help_text="what was the default then; now when not given")


class RemoveQuery(StrictSerializer):
    expected = _expected()
    reason = _reason()


class CompareQuery(StrictSerializer):
    before = serializers.CharField(
        trim_whitespace=False, required=False, help_text="label, alias or number; the default version when not given"
    )
    after = serializers.CharField(
        trim_whitespace=False, required=False, help_text="the same; the newest version when not given"
    )
    a = serializers.CharField(trim_whitespace=False, required=False, help_text="short for `before`")
    b = serializers.CharField(trim_whitespace=False, required=False, help_text="short for `after`")
    all = serializers.BooleanField(required=False, help_text="what is the same, too")


# Out ------------------------------------------------------------------------------------------------------------------


class ModelSummary(Output):
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    metric_directions = Directions()
    default = serializers.CharField(source="default_label", allow_null=True, help_text="the default version's label")
    aliases = serializers.SerializerMethodField(help_text="alias → label")
    versions = serializers.IntegerField(source="version_count")
    usable_versions = serializers.IntegerField(source="usable_count")
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_aliases(self, model: RegisteredModel) -> dict[str, str]:
        return {alias.name: alias.version.label for alias in model.aliases.all()}


class ListedModelVersion(Output):
    model = serializers.CharField(source="model.name")
    version = serializers.CharField(source="label", help_text="its label")
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=VERSION_KINDS)
    state = serializers.ChoiceField(choices=VERSION_STATES)
    state_reason = serializers.CharField(allow_blank=True)
    is_default = serializers.BooleanField()
    aliases = serializers.SerializerMethodField()
    pin = serializers.SerializerMethodField(
        help_text="`name:label#digest`: this content and no other; null while pending"
    )
    digest = serializers.CharField(allow_blank=True, help_text="SHA-256 over what it is made of")
    size = serializers.IntegerField(help_text="bytes of all files")
    file_count = serializers.IntegerField()
    format = serializers.CharField(allow_blank=True)
    provider = serializers.CharField(allow_blank=True)
    provider_model = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    metrics = Metrics()
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)

    def get_aliases(self, version: ModelVersion) -> list[str]:
        return sorted(alias.name for alias in version.aliases.all())

    def get_pin(self, version: ModelVersion) -> str | None:
        return make_pin(version.model.name, version.label, version.digest) if version.digest else None


class ModelPrice(Output):
    starts_at = serializers.DateTimeField()
    input_microusd = serializers.IntegerField()
    cached_input_microusd = serializers.IntegerField(allow_null=True)
    output_microusd = serializers.IntegerField()
    created_by = serializers.CharField(allow_blank=True)


class Decoded(Object):
    """An object as it was given, out of the form it is stored in."""

    def to_representation(self, value: Any) -> Any:
        return decode_object(value)


class ModelVersionDetail(ListedModelVersion):
    metadata = Decoded()
    parameters = Decoded()
    input_schema = AnyJSON(allow_null=True)
    output_schema = AnyJSON(allow_null=True)
    default_parameters = Decoded()
    price = serializers.SerializerMethodField(help_text="what it costs now; null when nothing is known")

    @extend_schema_field(ModelPrice(allow_null=True))
    def get_price(self, version: ModelVersion) -> Any:
        price = price_at(version.pk) if version.kind == VersionKind.HOSTED else None
        return None if price is None else ModelPrice(price).data


class RegisteredModelVersion(ModelVersionDetail):
    created = serializers.BooleanField(help_text="false when this version was registered before")


class UseFigure(Output):
    name = serializers.CharField()
    label = serializers.CharField(help_text="the name for people")  # type: ignore[assignment]  # elsewhere a form's
    value = serializers.FloatField(allow_null=True, help_text="null when there was nothing to measure")
    unit = serializers.ChoiceField(choices=UNITS, help_text="a share is 0 to 1, of the samples")
    samples = serializers.IntegerField(help_text="how many events it is made of")
    better = serializers.ChoiceField(choices=BETTER, allow_null=True, help_text="which values are better")


class UsedModelVersion(ModelVersionDetail):
    record = serializers.SerializerMethodField(
        help_text="what its last 1,000 task runs and their reviewers said; empty when there are none, "
        "or you may not see executions"
    )

    @extend_schema_field(UseFigure(many=True))
    def get_record(self, version: ModelVersion) -> Any:
        return UseFigure(record_of(version, self.context["request"].user.has_perm), many=True).data


class ModelFile(Output):
    path = serializers.CharField()
    digest = serializers.CharField(help_text="SHA-256 in hex")
    size = serializers.IntegerField(help_text="bytes")


class ModelManifest(Output):
    """The digest is the SHA-256 of the canonical JSON of the files' sorted {path, sha256, size}."""

    digest = serializers.CharField(allow_blank=True, help_text="empty while it is being uploaded")
    size = serializers.IntegerField()
    files = ModelFile(many=True)


class ModelPointer(Output):
    """Where the default or an alias points."""

    pointer = serializers.CharField()
    version = serializers.CharField(allow_null=True, help_text="a label")
    since = serializers.DateTimeField(allow_null=True)
    actor = serializers.CharField(allow_blank=True, help_text="who moved it")
    reason = serializers.CharField(allow_blank=True)


class ModelAlias(Output):
    alias = serializers.CharField(source="name")
    version = serializers.CharField(source="version.label")


class MovedPointer(Output):
    id = serializers.IntegerField()
    pointer = serializers.CharField(help_text="default, or the alias")
    before = serializers.CharField(source="from_label", allow_blank=True, help_text="empty: it pointed to nothing")
    after = serializers.CharField(source="to_label", allow_blank=True, help_text="empty: it points to nothing")
    undoes = serializers.IntegerField(source="undoes_id", allow_null=True, help_text="the move that it took back")
    actor = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ModelVerification(Output):
    id = serializers.IntegerField()
    intact = serializers.BooleanField(source="is_intact")
    trigger = serializers.CharField()
    files_checked = serializers.IntegerField()
    files_damaged = serializers.IntegerField()
    bytes_checked = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.DictField(), help_text="[{path, problem, expected, found}]")
    seconds = serializers.FloatField()
    actor = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
