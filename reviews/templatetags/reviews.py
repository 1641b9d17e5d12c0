"""Filters of the pages of reviews. `{% load reviews %}`"""

import json
from typing import Any

from django import template

from reviews.skills import parse_skill, parse_wanted
from reviews.states import Verdict
from reviews.views.words import DONE

register = template.Library()
LONGEST = 200


@register.filter
def verdict_past(verdict: str) -> str:
    """`approved it with edits`, after a name."""
    return Verdict(verdict).past


@register.filter
def verdict_done(verdict: str) -> str:
    """`approved with edits`, of a review."""
    return DONE[verdict]


@register.filter
def replace_underscores(text: str) -> str:
    return text.replace("_", " ")


register.filter("as_skill", parse_skill)
register.filter("as_wanted", parse_wanted)


@register.filter
def initials_of(name: str) -> str:
    """`MO` of Mira Okafor."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def brief(value: Any) -> str:
    """A value in a line: texts as they are, everything else as JSON; nothing is `nothing`."""
    if value is None or value == "":
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@register.filter
def percent(share: float | None) -> str:
    """0.97 as a width."""
    return f"{max(0.0, min(1.0, share or 0)) * 100:.0f}%"


@register.filter
def who_said(actor: str) -> str:
    """The name in an actor on record: `ana` of `reviewer:ana`."""
    return actor.partition(":")[2] or actor


@register.filter
def share_of_load(member: Any) -> str:
    """A reviewer's load as a width."""
    return percent(member.load / member.capacity)
