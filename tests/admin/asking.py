"""Short words for the admin's tests: addresses, what a page says, doing a verb."""

import html
import re
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse


def address_of_list(model: type[Model], **query: object) -> str:
    return reverse(_name(model, "changelist"), query=query or None)


def address_of(row: Model) -> str:
    return reverse(_name(type(row), "change"), args=[quote(row.pk)])


def address_of_verb(row: Model, verb: str) -> str:
    return reverse(_name(type(row), "do"), args=[quote(row.pk), verb])


def address_of_table_verb(model: type[Model], verb: str) -> str:
    return reverse(_name(model, "all"), args=[verb])


def _name(model: type[Model], page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def listed(client: Client, model: type[Model], **query: object) -> list[Any]:
    """The rows that a list shows."""
    response = client.get(address_of_list(model, **query))
    assert response.status_code == 200, (response.status_code, response.headers)
    assert response.context is not None
    return list(response.context["cl"].result_list)


def text_of(response: Any) -> str:
    """What a page says, without its marks."""
    assert response.status_code == 200, (response.status_code, response.headers)
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(plain).split())


def tools(client: Client, row: Model) -> list[str]:
    """The buttons of a row's page."""
    context = client.get(address_of(row)).context
    assert context is not None
    return [tool["title"] for tool in context["actions_detail"]]


def do(client: Client, row: Model, verb: str, **answers: str) -> Any:
    """Confirm a verb on one row; the answer is that of the page it leads to."""
    return client.post(address_of_verb(row, verb), {"confirmed": "yes", **answers}, follow=True)


def do_all(client: Client, rows: list[Any], verb: str, **answers: str) -> Any:
    """Confirm a verb on rows chosen in the list."""
    chosen = {"action": verb, "_selected_action": [str(row.pk) for row in rows], **answers}
    return client.post(address_of_list(type(rows[0])), chosen, follow=True)


def told(response: Any) -> list[str]:
    """The messages on the page that a verb led to."""
    return [str(message) for message in get_messages(response.wsgi_request)] or [
        str(message) for message in (response.context or {}).get("messages", [])
    ]
