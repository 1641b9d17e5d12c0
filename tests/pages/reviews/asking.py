"""Short words for the tests of review pages: send the form, read what a page says."""

import html
import re
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from reviews.models import ReviewRequest


def said(response: Any, status: int = 200) -> str:
    """What a page says, without its marks."""
    assert response.status_code == status, (response.status_code, response.headers, response.content[:2000])
    plain = re.sub(r"<(script|style|template)\b.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(plain).split())


def address(review: ReviewRequest, verb: str = "") -> str:
    return f"/reviews/{review.pk}/{verb + '/' if verb else ''}"


def claim(client: Client, review: ReviewRequest) -> None:
    response = client.post(address(review, "claim"))
    assert (response.status_code, told(response)) == (302, [])


def filled(client: Client, review: ReviewRequest) -> dict[str, str]:
    """Everything that the page's form would send, as it stands."""
    page = client.get(address(review))
    form = page.context["form"]
    token = re.search(r'name="token" value="(\d+)"', page.content.decode())
    version = re.search(r'name="draft_version" value="(\d*)"', page.content.decode())
    author = re.search(r'name="author" value="([^"]*)"', page.content.decode())
    assert token
    assert version
    assert author
    return {"token": token[1], "draft_version": version[1], "author": author[1], **form.texts}


def send(client: Client, review: ReviewRequest, do: str, /, **changes: str) -> Any:
    """Press a button of the form after changing some of its controls."""
    return client.post(address(review, "send"), {**filled(client, review), "do": do, **changes})


def told(response: Any) -> list[str]:
    """The messages that were left for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]
