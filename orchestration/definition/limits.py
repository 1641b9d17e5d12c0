"""The caps on a definition, and the checks of single values that every reader shares."""

import re

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_NODES = 100_000
MAX_TASKS = 5_000
# Of an execution's labels, in characters.
LONGEST_LABEL_KEY = 100
LONGEST_LABEL = 500
# What every JSON reader keeps exactly, JSON columns and other languages included.
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1

# What may not stand in YAML text as it is: control characters, lone surrogates, non-characters.
FORBIDDEN_IN_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORBIDDEN_IN_VALUE = re.compile("[\x00\ud800-\udfff]")


def text_fault(text: str) -> str | None:
    """Why a text cannot be stored as JSON, or None."""
    if text.isascii() and "\x00" not in text:  # nearly always, and ten times as fast
        return None
    found = _FORBIDDEN_IN_VALUE.search(text)
    return found and f"has the character {character_name(found.group())}, which cannot be stored; remove it"


def character_name(character: str) -> str:
    code = ord(character)
    known = {0: " (NUL)", 9: " (tab)", 0xFEFF: " (byte order mark)"}
    return f"U+{code:04X}" + known.get(code, " (half of a surrogate pair)" if 0xD800 <= code <= 0xDFFF else "")


def integer_fault(number: int) -> str | None:
    if MIN_INTEGER <= number <= MAX_INTEGER:
        return None
    return "whole numbers of more than 64 bits are changed by other programs; write it as text"
