"""Values shown as code: JSON with its kinds of values marked for the style sheet."""

import json
import re
from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

_TOKEN = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>:)?|(?P<number>-?\d[\d.eE+-]*|\b(?:true|false|null)\b)')


def highlight_json(value: Any) -> SafeString:
    """`value` as indented JSON, escaped, with spans of class `j-k` (keys), `j-s` (texts) and `j-n` (numbers, words)."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    parts, end = [], 0
    for found in _TOKEN.finditer(text):
        parts += [conditional_escape(text[end : found.start()]), _mark(found)]
        end = found.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))


def _mark(found: re.Match[str]) -> SafeString:
    if number := found["number"]:
        return format_html('<span class="j-n">{}</span>', number)
    if found["colon"]:
        return format_html('<span class="j-k">{}</span>:', found["string"])
    return format_html('<span class="j-s">{}</span>', found["string"])
