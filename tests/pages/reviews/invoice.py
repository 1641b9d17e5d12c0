"""An invoice whose output a person checks: what is asked about it, and what was decided."""

from typing import Any

from reviews.models import ReviewDecision
from reviews.values import loaded

SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 20},
        "day": {"type": ["string", "null"], "format": "date"},
        "currency": {"enum": ["EUR", "CHF"]},
        "total": {"type": "number", "minimum": 0},
        "paid": {"type": "boolean"},
        "supplier": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"item": {"type": "string"}, "amount": {"type": "number"}},
                "required": ["item", "amount"],
            },
        },
        "words": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["number", "currency", "total", "paid"],
}
VALUE = {
    "number": "A-1",
    "day": "2026-03-31",
    "currency": "EUR",
    "total": 12.50,
    "paid": False,
    "supplier": {"name": "Kestrel", "vat": "CH-1"},
    "lines": [{"item": "a", "amount": 1, "note": "first"}, {"item": "b", "amount": 2, "note": "second"}],
    "words": [],
}
TEXT = "Invoice A-1 of 31.03.2026\n\nTotal 12.50"
SOURCE = {
    "text": TEXT,
    "is_cut": False,
    "places": {"number": [[8, 11]], "total": [[TEXT.index("12.50"), TEXT.index("12.50") + 5]]},
    "confidence": {"number": 0.97, "total": 0.61},
}
ASKED = {
    "output_schema": SCHEMA,
    "proposed_output": VALUE,
    "source": SOURCE,
    "instructions": "Compare the total.",
    "reasons": [
        {"code": "low_field_confidence", "message": "total: 0.61 is below 0.9", "field": "total", "value": 0.61}
    ],
}


def decided(found: Any) -> Any:
    made = ReviewDecision.objects.get(review=found)
    return made.verdict, loaded(made.output)
