"""Values that users give with a version: checked, and in a form that JSON columns hold."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from common import json_boundary
from common.errors import UnstorableValue
from common.json_schema import schema_faults
from common.wording import pointer_to
from registry.exceptions import InvalidVersion
from registry.states import Better

MAX_JSON_BYTES = 1 << 20
MAX_TAG = 100
MAX_TAGS = 100


def encode_object(value: Mapping[str, Any] | None, name: str) -> Any:
    """A JSON object to store. Raises `InvalidVersion`."""
    if value is not None and not isinstance(value, Mapping):
        raise _invalid(name, f"must be a mapping of names to values, not {type(value).__name__}")
    try:
        encoded = json_boundary.encode(dict(value or {}))
    except UnstorableValue as error:
        raise _invalid(name, str(error)) from error
    if (place := _find_no_number(value)) is not None:
        raise _invalid(f"{name}{place}", "NaN and infinities are no JSON numbers; write null, or a text")
    size = len(json_boundary.dump(encoded))
    if size > MAX_JSON_BYTES:
        raise _invalid(name, f"takes {size:,} bytes as JSON, more than {MAX_JSON_BYTES:,}; register it as a file")
    return encoded


def _find_no_number(value: Any) -> str | None:
    """The JSON pointer to a NaN or an infinity in a value that was encoded; None when there is none."""
    if isinstance(value, float):
        return None if math.isfinite(value) else ""
    members = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    )
    for key, member in members:
        if (place := _find_no_number(member)) is not None:
            return pointer_to((key,)) + place
    return None


def decode_object(stored: Any) -> Any:
    """What `encode_object` was given."""
    return json_boundary.decode(stored, _no_blob)


def _no_blob(digest: str) -> Any:
    raise LookupError(f"the registry keeps no values elsewhere: {digest}")


def numbers_in(metadata: Mapping[str, Any]) -> dict[str, float]:
    """The entries that are metrics by being numbers, such as `"accuracy": 0.95`."""
    return {key: value for key, value in metadata.items() if is_number(value)}


def is_number(value: object) -> bool:
    """True, false, NaN and infinities are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def check_metrics(metrics: Mapping[str, Any], name: str = "metrics") -> dict[str, float]:
    """Raises `InvalidVersion`."""
    for key, value in encode_object(metrics, name).items():
        if not is_number(value) or not key or len(key) > MAX_TAG:
            raise _invalid(f"{name}/{key[:MAX_TAG]}", f"a metric is a finite number under a name, not {value!r:.80}")
    return dict(metrics)


def check_directions(directions: Mapping[str, str]) -> dict[str, str]:
    """Raises `InvalidVersion`."""
    for metric, better in encode_object(directions, "metric_directions").items():
        if better not in list(Better):
            raise _invalid(f"metric_directions/{metric}", f'must be "higher" or "lower", not {better!r:.80}')
    return {metric: str(better) for metric, better in directions.items()}


def check_tags(tags: Iterable[object]) -> list[str]:
    """Sorted, each once. Raises `InvalidVersion`."""
    checked = {_check_tag(tag) for tag in ([tags] if isinstance(tags, str) else tags)}
    if len(checked) > MAX_TAGS:
        raise _invalid("tags", f"at most {MAX_TAGS} tags, not {len(checked)}")
    return sorted(checked)


def _check_tag(tag: object) -> str:
    if not isinstance(tag, str) or not tag.strip() or len(tag) > MAX_TAG or not tag.isprintable():
        raise _invalid("tags", f"a tag is up to {MAX_TAG} printable characters, not {tag!r:.120}")
    return tag.strip()


def check_schema(schema: Mapping[str, Any] | None, name: str) -> Any:
    """A JSON Schema (draft 2020-12) to store. Raises `InvalidVersion`."""
    if schema is None:
        return None
    encoded = encode_object(schema, name)
    for path, message in schema_faults(encoded):
        raise _invalid(f"{name}{pointer_to(path)}", f"not a JSON Schema: {message}")
    return encoded


def check_text(text: object, name: str) -> str:
    """Raises `InvalidVersion`."""
    if not isinstance(text, str) or "\x00" in text or _has_surrogates(text):
        raise _invalid(name, "must be text that can be stored as UTF-8")
    return text


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _invalid(name: str, message: str) -> InvalidVersion:
    return InvalidVersion(f"{name}: {message}", [(f"/{name}", message)])
