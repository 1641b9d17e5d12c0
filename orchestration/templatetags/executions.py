"""Filters of the pages about executions. `{% load executions %}`"""

import re
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from orchestration.selectors.spending import Spent
from web.quantities import HARD, money

register = template.Library()
_REGISTERED = re.compile(r"registry/(?P<name>[^/:]+):(?P<label>[^/#]+)#\w+")


@register.filter
def short_id(key: UUID | str) -> str:
    """The end of an execution's id: the beginning is a time, and alike for all that started in the same minute."""
    return str(key)[-8:]


@register.filter
def model_version_address(model: str) -> str:
    """The page of the registered version that a task run names (`registry/scorer:v2#1f0e…`); "" for other models."""
    found = _REGISTERED.fullmatch(model)
    return reverse("model-version", args=[found["name"], found["label"]]) if found else ""


@register.filter
def cost(spent: Spent, least: str = "at least") -> str:
    """`$0.08`; `at least $0.08` (in a table `≥ $0.08`) where a part of it has no known price."""
    known = money(spent.micro_usd)
    return f"{least}{HARD}{known}" if spent.unpriced and spent.micro_usd is not None else known


@register.filter
def with_code(text: str) -> SafeString:
    """A sentence in which what stands between backticks is code."""
    parts = [escape(part) for part in text.split("`")]
    marked = [f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)]
    return mark_safe("".join(marked))  # noqa: S308 - each part is escaped above
