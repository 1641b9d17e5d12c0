"""What can be done with rows: one description serves the list's actions, the buttons on a row's page and the
confirmation before the service is called.

Owns who may, and what the verbs are; asking and telling is `asking`. What a verb does is the service's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.http import HttpRequest


class NotDone(Exception):
    """Why a verb did not do its work on a row, as a sentence's end: "… was not cancelled: it has ended"."""


def _nothing_in_the_way(row: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Verb:
    """Something to do with each of some rows."""

    name: str
    label: str
    did: str
    permission: str
    explanation: str
    """What will happen, for the confirmation."""
    perform: Callable[[HttpRequest, Any, dict[str, Any]], str | None]
    """Does it to one row; may return the address to go to next. Raises `NotDone` or an `OrchestrationError`."""
    obstacle: Callable[[Any], str | None] = _nothing_in_the_way
    """Why it cannot be done to this row, as far as the row itself says."""
    form: type[forms.Form] = forms.Form
    icon: str = "play_arrow"
    is_harmful: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class TableVerb:
    """Something to do with a table as a whole."""

    name: str
    label: str
    permission: str
    preview: Callable[[dict[str, Any]], str]
    """What would happen, given the answers to the form."""
    perform: Callable[[dict[str, Any]], str]
    """Does it, and says what happened."""
    form: type[forms.Form] = forms.Form
    icon: str = "delete_sweep"
    is_harmful: bool = True


class Permitted(Protocol):
    @property
    def permission(self) -> str: ...


def may(request: HttpRequest, verb: Permitted) -> bool:
    """Whether the user holds the permission that the verb asks for."""
    return request.user.has_perm(verb.permission)
