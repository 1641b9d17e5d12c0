"""Values, places and near names in the words of messages. Pure."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

MAX_SUGGESTED_LENGTH = 200
_CANNOT_BE_STORED = re.compile("[\x00\ud800-\udfff]")

Path = tuple[str | int, ...]
"""Where something stands in a JSON value: keys and indexes from the top."""


def closest(word: str, options: Iterable[str], cutoff: float = 0.65) -> str | None:
    """The option that was perhaps meant by `word`; None when none is near."""
    if len(word) > MAX_SUGGESTED_LENGTH:  # comparing takes the product of both lengths
        return None
    candidates = [option for option in options if len(option) <= MAX_SUGGESTED_LENGTH and option != word]
    by_fold = {option.casefold(): option for option in candidates}
    folded = word.casefold()
    if folded in by_fold:
        return by_fold[folded]
    matches = difflib.get_close_matches(word, candidates, n=1, cutoff=cutoff)
    return matches[0] if matches else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """` (did you mean "…"?)`, or nothing."""
    near = closest(word, options)
    return f' (did you mean "{near}"?)' if near else ""


def printable(text: str) -> str:
    """Text that can be encoded and stored, whatever the source put into it."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def text_fault(text: str) -> str | None:
    """Why a text cannot be stored, as JSON or as a database's text, or None."""
    if text.isascii() and "\x00" not in text:  # nearly always, and ten times as fast
        return None
    found = _CANNOT_BE_STORED.search(text)
    return found and f"has the character {character_name(found.group())}, which cannot be stored; remove it"


def character_name(character: str) -> str:
    code = ord(character)
    known = {0: " (NUL)", 9: " (tab)", 0xFEFF: " (byte order mark)"}
    return f"U+{code:04X}" + known.get(code, " (half of a surrogate pair)" if 0xD800 <= code <= 0xDFFF else "")


def pointer_to(path: Path) -> str:
    """As a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def label(path: Path) -> str:
    """A path as people write it: `parameters.rules[0].minimum`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def show(value: Any) -> str:
    """A value for a message: its kind and, shortened, itself."""
    if value is None:
        return "nothing (null)"
    kind = kind_of(value)
    if not isinstance(value, (bool, int, float, str)):
        return f"a {kind}"
    return f"the {kind} " + (quoted(value) if isinstance(value, str) else json.dumps(value))


def quoted(text: str, limit: int = 60) -> str:
    return json.dumps(text if len(text) <= limit else text[:limit] + "…", ensure_ascii=False)


def kind_of(value: Any) -> str:
    """The word for a JSON value's type in messages."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        ((int, float), "number"),
        (str, "text"),
        (list, "list"),
        (dict, "mapping"),
        (type(None), "null"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), type(value).__name__)
