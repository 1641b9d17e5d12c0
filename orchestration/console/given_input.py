"""An execution's input as given on the command line: `--input`, `--input-file`, `--text`, `--set`."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.console.command import Refused
from orchestration.definition import expand_schema

STDIN = "-"


def add_input_arguments(parser: ArgumentParser) -> None:
    """The options that `read_input` understands."""
    group = parser.add_argument_group("input")
    sources = group.add_mutually_exclusive_group()
    sources.add_argument("--input", metavar="JSON", help="the input, written as JSON")
    sources.add_argument("--input-file", metavar="FILE", help="the input, from a JSON file (-: standard input)")
    sources.add_argument(
        "--text", metavar="FILE", help="a text file as the input's document.content (-: standard input)"
    )
    group.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="settings_given",
        help="set one value of the input; KEY may be a path (document.metadata.user), VALUE is JSON or else text",
    )


def read_input(options: Mapping[str, Any]) -> Any:
    """The input. Raises `Refused` when it cannot be read or put together."""
    given: Any = {}
    if options["input"] is not None:
        given = _parse(options["input"], "--input")
    elif options["input_file"]:
        given = _parse(_read(options["input_file"]).decode("utf-8", "replace"), options["input_file"])
    elif options["text"]:
        given = _document(options["text"])
    return _with_settings(given, options["settings_given"])


def without_unknown_source(given: Any, inputs: Mapping[str, Any] | None) -> Any:
    """What `--text` gave, for these `inputs`: where the text is from is left out when the document has no place for it.

    Whatever else was set below `metadata` stays, and is refused by its name.
    """
    schema = expand_schema(inputs).get("properties", {}).get("document") if inputs else None
    if not isinstance(schema, dict) or schema.get("additionalProperties") is not False:
        return given
    document = given.get("document")
    if "metadata" in schema.get("properties", {}) or not isinstance(document, dict):
        return given
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or metadata.keys() != {"source"}:
        return given
    return {**given, "document": {key: value for key, value in document.items() if key != "metadata"}}


def _parse(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refused(f"{source} is not JSON: {error.msg} ({place})") from error
    except RecursionError as error:
        raise Refused(f"{source} is nested too deeply") from error


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise Refused(f"{name}: {error.strerror or error}") from error


def _document(name: str) -> dict[str, Any]:
    """A document as the examples' pipelines expect it. What is not UTF-8 is replaced, not refused."""
    content = _read(name).decode("utf-8", "replace")
    source = "standard input" if name == STDIN else Path(name).name
    return {"document": {"content": content, "metadata": {"source": source}}}


def _with_settings(given: Any, assignments: Sequence[str]) -> Any:
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        steps = path.split(".")
        if not equals or not all(steps):
            raise Refused(f"--set {assignment}: write KEY=VALUE, such as document.metadata.user=anna")
        place = given
        for step in steps[:-1]:
            place = place.setdefault(step, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise Refused(f'--set {assignment}: "{".".join(steps[:-1]) or "the input"}" is not a mapping')
        place[steps[-1]] = _json_or_text(text)
    return given


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
