"""Fields that only pipelines and executions have."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orchestration.arguments import label_fault
from orchestration.definition.limits import LONGEST_LABEL, LONGEST_LABEL_KEY


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "string", "maxLength": LONGEST_LABEL},
        "propertyNames": {"minLength": 1, "maxLength": LONGEST_LABEL_KEY},
    }
)
class Labels(serializers.Field[Any, Any, Any, Any]):
    """Free words to filter by."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("give a mapping of texts to texts", code="not_a_mapping")
        for key, text in data.items():
            if fault := label_fault(key, text):
                raise serializers.ValidationError(f"{key[:LONGEST_LABEL_KEY]!r}: {fault}", code="bad_label")
        return data

    def to_representation(self, value: Any) -> Any:
        return value
