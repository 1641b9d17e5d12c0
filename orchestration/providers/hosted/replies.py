"""Finding the JSON in what a model wrote. Pure.

Models asked for JSON in words put it into a fenced block, or sentences around it.
"""

import json
import re
from typing import Any, NoReturn

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse_answer(text: str) -> Any:
    """The JSON value of a text: the whole of it, else a fenced block, else from the first brace on.

    Raises `ValueError` with a reason for the model.
    """
    if not text.strip():
        raise ValueError("the answer is empty")
    fenced = _FENCED.search(text)
    try:
        return _DECODER.decode(fenced.group(1) if fenced and not text.lstrip().startswith("{") else text.strip())
    except (ValueError, RecursionError):
        return _from_first_brace(text)


def _from_first_brace(text: str) -> Any:
    start = text.find("{")
    if start < 0:
        raise ValueError("the answer is not JSON: there is no { in it")
    try:
        return _DECODER.raw_decode(text, start)[0]
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"the answer is not JSON: {error}") from None
