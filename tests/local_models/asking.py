"""Short ways to ask the extraction for one field."""

from typing import Any

from orchestration.providers import local

DATE = {"type": "string", "format": "date"}
TEXT = {"type": "string"}
MONEY = {
    "type": "object",
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
    "required": ["amount", "currency"],
}
NOTHING = object()


def ask(text: str, name: str, schema: dict[str, Any]) -> Any:
    """The value of the one field asked for, or NOTHING."""
    return local.extract(text, {"type": "object", "properties": {name: schema}}).value.get(name, NOTHING)


def ask_all(text: str, name: str, item: dict[str, Any]) -> list[Any]:
    found = ask(text, name, {"type": "array", "items": item})
    assert isinstance(found, list)
    return found


def amounts(text: str) -> list[str]:
    return [f"{found['amount']} {found['currency']}" for found in ask_all(text, "amounts", MONEY)]
