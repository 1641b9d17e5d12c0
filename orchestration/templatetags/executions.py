"""Filters of the pages about executions. `{% load executions %}`"""

from uuid import UUID

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def short_id(key: UUID | str) -> str:
    """The end of an execution's id: the beginning is a time, and alike for all that started in the same minute."""
    return str(key)[-8:]


@register.filter
def with_code(text: str) -> SafeString:
    """A sentence in which what stands between backticks is code."""
    parts = [escape(part) for part in text.split("`")]
    marked = [f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)]
    return mark_safe("".join(marked))  # noqa: S308 - each part is escaped above
