"""Fields that only pipelines and executions have."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orchestration.definition.limits import LONGEST_LABEL, LONGEST_LABEL_KEY, text_fault


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
            if fault := _label_fault(key, text):
                raise serializers.ValidationError(f"{key[:LONGEST_LABEL_KEY]!r}: {fault}", code="bad_label")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


def _label_fault(key: str, text: Any) -> str | None:
    if not isinstance(text, str):
        return "a label must be text"
    if not 0 < len(key) <= LONGEST_LABEL_KEY:
        return f"a label's key has 1 to {LONGEST_LABEL_KEY} characters"
    if len(text) > LONGEST_LABEL:
        return f"a label has at most {LONGEST_LABEL} characters"
    return text_fault(key) or text_fault(text)
