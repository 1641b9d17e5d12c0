"""Whether a verb that may be repeated found what an earlier call had made: said by the verb, asked by who answers.

Looking beforehand cannot tell: of two calls at the same moment both find nothing, and only one of them makes it.
"""

from typing import TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)
_MARK = "_is_repeated"


def repeated(row: M) -> M:
    """The row, marked as made by an earlier call. The mark is on this object alone, and in no column."""
    vars(row)[_MARK] = True
    return row


def is_repeated(row: Model) -> bool:
    """Whether the verb that returned this object made nothing new."""
    return _MARK in vars(row)
