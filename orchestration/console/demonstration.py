"""What a result of the demonstration says, and whether it is what must come out.

The documents and their submission belong to `services.demonstration`, showing to the `demo` command.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from common.console.text import plain
from orchestration.services.demonstration import Document

SHOWN_FACTS = 3


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What came out for one document; `surprises` says in what it differs from what must come out."""

    document: str
    execution_id: str
    status: str
    category: str | None
    confidence: float | None
    title: str | None
    facts: tuple[str, ...]
    valid: bool | None
    missing: tuple[str, ...]
    """What validation says is missing, or why the execution failed."""
    summary: str
    seconds: float | None
    surprises: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def judge(document: Document, status: Mapping[str, Any]) -> DocumentResult:
    """The result of a document from the status of its execution (`selectors.executions.execution_status`)."""
    output = status["output"] or {}
    found = {"status": status["status"], "category": output.get("category"), "valid": output.get("valid")}
    return DocumentResult(
        document=document.name,
        execution_id=status["execution_id"],
        status=status["status"],
        category=output.get("category"),
        confidence=output.get("confidence"),
        title=output.get("title"),
        facts=_facts(output),
        valid=output.get("valid"),
        missing=_missing(output, status["error"]),
        summary=output.get("summary") or "",
        seconds=status["duration_seconds"],
        surprises=tuple(_surprises(found, {"status": "completed", **document.expected})),
    )


def _surprises(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        allowed = value if isinstance(value, list) else [value]
        if found[key] not in allowed:
            yield f"{key} is {_word(found[key])}, expected {' or '.join(map(_word, allowed))}"


def _word(value: Any) -> str:
    return "none" if value is None else str(value).lower()


def _missing(output: Mapping[str, Any], error: Mapping[str, Any] | None) -> tuple[str, ...]:
    if error:
        return (error["message"],)
    return tuple(violation["message"] for violation in output.get("violations", ()))


def _facts(output: Mapping[str, Any]) -> tuple[str, ...]:
    """The facts that tell most in few words: the date, the sum, organisations, then people."""
    date = [output["date"]] if output.get("date") else []
    total = [_amount(output["total"])] if output.get("total") else []
    names = [*(output.get("organisations") or ()), *(output.get("people") or ())]
    return tuple(plain(fact, 40) for fact in dict.fromkeys([*date, *total, *names]))[:SHOWN_FACTS]


def _amount(amount: Mapping[str, Any]) -> str:
    return f"{amount['amount']:,.2f} {amount['currency'] or ''}".strip()
