"""JSON bodies in and out, with none of the values that JSON allows and servers trip over."""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any, NoReturn

import orjson
from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from config.api.problems import error


class BodyTooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"


class MalformedJSON(ParseError):
    """A body that is not JSON; `errors` says where."""

    default_code = "malformed_json"

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        place = f" (line {line}, column {column})" if line else ""
        super().__init__(f"the body is not JSON: {message}{place}")
        self.errors = [error(self.default_code, message, line=line, column=column, pointer="")]


class JSONParser(BaseParser):
    """RFC 8259, in UTF-8, of a limited size. Raises `BodyTooLarge`, `MalformedJSON`."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.API.api_max_body_bytes
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(f"the body is larger than API_MAX_BODY_BYTES={limit:,}")
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_read_float)
        except UnicodeDecodeError as fault:
            raise MalformedJSON(f"byte 0x{raw[fault.start]:02x} at {fault.start} is not UTF-8") from fault
        except json.JSONDecodeError as fault:
            raise MalformedJSON(fault.msg, fault.lineno, fault.colno) from fault
        except RecursionError as fault:
            raise MalformedJSON("it is nested too deeply") from fault
        except ValueError as fault:  # Python's limit on the digits of an integer
            raise MalformedJSON("a number has too many digits") from fault


def _read_float(text: str) -> float:
    """`1e400` would be taken for infinity, and given back as null."""
    number = float(text)
    if math.isinf(number):
        raise MalformedJSON(f"the number {text[:40]} is too large to be kept; send it as text")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not a JSON number")


class JSONRenderer(BaseRenderer):
    """UTF-8 JSON of any value a task can return: NaN and infinities become null, as in JavaScript."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        has_body = renderer_context is None or renderer_context["response"].status_code != HTTPStatus.NO_CONTENT
        return _dump(data) if has_body else b""


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # Lone surrogates and integers of more than 64 bits, which Python writes and orjson refuses.
        return json.dumps(_finite(value)).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
