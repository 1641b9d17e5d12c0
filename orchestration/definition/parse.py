"""Any source to a plain value: text or bytes (YAML or JSON, told or guessed), or a Python mapping.

Never raises on bad input.
"""

from typing import Any, Literal

from common.wording import character_name
from orchestration.definition.json_text import JsonReader
from orchestration.definition.json_values import Plain
from orchestration.definition.limits import FORBIDDEN_IN_YAML, MAX_BYTES
from orchestration.definition.marks import Mark
from orchestration.definition.problems import Report
from orchestration.definition.yaml_text import YamlReader

Format = Literal["auto", "yaml", "json"]


def read_source(source: Any, written_as: Format, report: Report) -> Any:
    """The plain value, with the report now about it.

    None when there is nothing to check further (the report says why).
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = _decode(bytes(source), report)
        if source is None:
            return None
    if isinstance(source, str):
        value, marks = _read_text(source, written_as, report) or (None, None)
    else:
        value, marks = Plain(report).copy(source), None
    report.about(value, marks)
    return value


def _read_text(text: str, written_as: Format, report: Report) -> tuple[Any, Mark] | None:
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        report.add(
            "too_large", f"the definition is larger than {MAX_BYTES:,} bytes; split it or move texts into inputs"
        )
        return None
    if not text.strip():
        report.add_at("empty", "the definition is empty", (), (1, 1))
        return None
    if written_as == "auto":
        return _read_guessed(text, report)
    return _read_yaml(text, report) if written_as == "yaml" else JsonReader(text, report).read()


def _read_yaml(text: str, report: Report) -> tuple[Any, Mark] | None:
    if bad := FORBIDDEN_IN_YAML.search(text):
        message = f"the text has the character {character_name(bad.group())}, which YAML does not allow; remove it"
        report.add_at("bad_character", message, (), _place(text, bad.start()))
        return None
    return YamlReader(report).read(text)


def _read_guessed(text: str, report: Report) -> tuple[Any, Mark] | None:
    """JSON is tried when the text begins like it; flow-style YAML begins so too, so YAML gets its turn."""
    if text.lstrip()[0] not in "{[":
        return _read_yaml(text, report)
    as_json = JsonReader(text, report).read()
    if as_json is not None:
        return as_json
    if _read_yaml(text, Report()) is None:
        return None
    report.clear()
    return _read_yaml(text, report)


def _decode(raw: bytes, report: Report) -> str | None:
    if len(raw) > MAX_BYTES + 3:  # a byte order mark is not counted
        report.add(
            "too_large", f"the definition is larger than {MAX_BYTES:,} bytes; split it or move texts into inputs"
        )
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        message = f"the text is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        report.add_at("not_utf8", message, (), _place(before, len(before)))
        return None


def _place(text: str, offset: int) -> tuple[int, int]:
    line_start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - line_start + 1
