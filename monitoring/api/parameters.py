"""Parameters in paths and queries, described for OpenAPI; and what is read from them."""

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.clock import EARLIEST, LATEST
from common.rest.fields import StrictSerializer, Text
from common.rest.filters import LARGEST_ID
from monitoring.metrics.families import LABELS
from monitoring.selectors.metrics import period

_PATH: Final = OpenApiParameter.PATH
_NUMBER = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}
RULE_ID = OpenApiParameter("rule_id", _NUMBER, _PATH)
ALERT_ID = OpenApiParameter("alert_id", _NUMBER, _PATH)
SILENCE_ID = OpenApiParameter("silence_id", _NUMBER, _PATH)
METRIC = OpenApiParameter("metric", {"type": "string", "minLength": 1}, _PATH, description="`/metrics` lists them.")
LONGEST_STEP = 31 * 86_400
BY_PATTERN = "^(pipeline|task|model|detail)(,(pipeline|task|model|detail))*$"
FAMILIES = ("executions", "execution_wait", "attempts", "queue")


class Moment(serializers.DateTimeField):
    """Any time that can be written, in what every database can hold."""

    def to_internal_value(self, value: Any) -> datetime:
        return min(max(super().to_internal_value(value), EARLIEST), LATEST)


class PeriodQuery(StrictSerializer):
    start = Moment(required=False, help_text="default: an hour before the end")
    end = Moment(required=False, help_text="default: now")
    pipeline = Text(required=False, min_length=1, max_length=200, help_text="only this pipeline")
    task = Text(required=False, min_length=1, max_length=100, help_text="only this task")
    model = Text(required=False, min_length=1, max_length=300, help_text="only this model")
    detail = Text(required=False, min_length=1, max_length=200, help_text="only this error code, queue or worker")


@extend_schema_field({"type": "string", "pattern": BY_PATTERN})
class By(serializers.RegexField):
    """Labels to group by, separated by commas."""

    def __init__(self, **options: Any) -> None:
        said = f"give labels separated by commas: {', '.join(LABELS)}"
        super().__init__(BY_PATTERN, error_messages={"invalid": said}, **options)


class MetricQuery(PeriodQuery):
    step = serializers.IntegerField(
        required=False, min_value=60, max_value=LONGEST_STEP, help_text="seconds, whole minutes: a series of points"
    )
    by = By(required=False, help_text="each of these labels on its own, separated by commas")


class PercentilesQuery(PeriodQuery):
    of = serializers.ChoiceField(choices=FAMILIES, required=False, help_text="whose durations; default: executions")


def period_of(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    """The last hour unless said otherwise."""
    return period(asked.get("start"), asked.get("end"))


def scope_of(asked: dict[str, Any]) -> dict[str, str]:
    return {label: asked[label] for label in LABELS if asked.get(label)}


def read_body(serializer: type[serializers.Serializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """The body's members. Raises `ValidationError`."""
    body = serializer(data=request.data, **options)
    if not body.is_valid():
        raise ValidationError(body.errors)
    return dict(body.validated_data)
