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


def integer_fault(number: int) -> str | None:
    if MIN_INTEGER <= number <= MAX_INTEGER:
        return None
    return "whole numbers of more than 64 bits are changed by other programs; write it as text"
