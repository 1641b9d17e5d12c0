"""Checks of what callers give, before any database sees it: each returns what is wrong in words, or nothing. Pure."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from common import wording
from reviews.exceptions import InvalidReview

Problem = tuple[str, str]
"""JSON pointer, message."""
LARGEST_SMALL = 32_767  # of a PositiveSmallIntegerField
LONGEST_DUE = timedelta(days=366)


def whole_fault(value: object, least: int, most: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return f"must be a whole number from {least:,} to {most:,}, not {value!r:.80}"
    return ""


def share_fault(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return f"must be a number from 0 to 1, not {value!r:.80}"
    return ""


def due_fault(value: object) -> str:
    if not isinstance(value, timedelta) or not timedelta(0) < value <= LONGEST_DUE:
        return f"must be a timedelta of more than 0 and at most {LONGEST_DUE.days} days, not {value!r:.80}"
    return ""


def text_fault(value: object, longest: int, *, least: int = 0) -> str:
    if not isinstance(value, str):
        return f"must be text, not {value!r:.80}"
    if fault := wording.text_fault(value):
        return fault
    if not least <= len(value) <= longest:
        return f"must have {least} to {longest} characters, not {len(value):,}"
    return ""


def listed(given: object, name: str) -> list[Any]:
    """What was given as a list; a bare text would be taken letter by letter. Raises `InvalidReview`."""
    if isinstance(given, str):
        message = f"must be a list: {name}=[{given[:80]!r}]"
    elif isinstance(given, Iterable):
        return list(given)
    else:
        message = f"must be a list, not {given!r:.80}"
    raise InvalidReview(f"{name} {message}", [(f"/{name}", message)])


def refusal(what: str, problems: Sequence[Problem]) -> InvalidReview:
    """The error that names every problem."""
    said = "; ".join(f"{pointer} {message}" for pointer, message in problems)
    return InvalidReview(f"{what}: {said}", problems)


def refuse(what: str, faults: Iterable[Problem]) -> None:
    """Raises `InvalidReview` if anything is wrong; a fault without a message is none."""
    if problems := [fault for fault in faults if fault[1]]:
        raise refusal(what, problems)
