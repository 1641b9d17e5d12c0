"""What an answer leads to by itself: its next page, and the live parts that ask again and again. Pure."""

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

TAG = re.compile(r"<[a-z]+\s[^>]*>")
ATTRIBUTE = re.compile(r'\s([\w-]+)="([^"]*)"')


def next_page(content: str, url: str) -> Iterator[str]:
    """`rel="next"` of a page, `next` of a JSON list."""
    if content.startswith("{"):
        following = json.loads(content).get("next")
    else:
        following = next((tag["href"] for tag in _tags(content, "rel") if tag["rel"] == "next"), None)
    if following:
        yield _local(urljoin(url, following))


def live_parts(content: str, url: str) -> dict[str, str]:
    """The addresses that live parts ask → the version they show."""
    found: dict[str, str] = {}
    for tag in _tags(content, "data-live"):
        if tag["data-live"]:
            found.setdefault(_local(urljoin(url, tag["data-live"])), tag.get("data-version", ""))
    return found


def poll(part: str, version: str) -> str:
    """What a live part asks for when it shows this version."""
    parts = urlsplit(part)
    return f"{parts.path}?{urlencode([*parse_qsl(parts.query, keep_blank_values=True), ('version', version)])}"


def _tags(content: str, having: str) -> Iterator[dict[str, str]]:
    """The attributes of each tag that has this one."""
    for tag in TAG.finditer(content):
        if having not in tag[0]:
            continue
        attributes = {name: unescape(value) for name, value in ATTRIBUTE.findall(tag[0])}
        if having in attributes:
            yield attributes


def _local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
