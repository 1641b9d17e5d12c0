"""The made-up pipelines: twenty of everyday size with a few versions each, and one of a thousand tasks."""

from collections.abc import Iterator
from typing import Any

from orchestration.definition import Pipeline

NAMES = (
    "claims_triage",
    "contract_review",
    "customer_letters",
    "delivery_notes",
    "email_routing",
    "expense_reports",
    "incident_summaries",
    "insurance_quotes",
    "invoice_intake",
    "lab_results",
    "loan_applications",
    "meeting_minutes",
    "patent_search",
    "product_feedback",
    "purchase_orders",
    "release_notes",
    "shipping_labels",
    "support_tickets",
    "tender_documents",
)
LARGE = "archive_reindex"
LARGE_TASKS = 1000

# A task's type, model and parameters.
Kind = tuple[str, str | None, dict[str, Any]]
READ: Kind = (
    "extraction",
    "local/extract",
    {"text": "{input.document}", "schema": {"title": "string", "total": "money?"}},
)
WRITE: Kind = ("text_generation", "gpt-4", {"prompt": "Summarise in three sentences: {input.document}"})
SORT: Kind = (
    "classification",
    "local/classify",
    {"text": "{input.document}", "categories": {"bills": "invoices, amounts", "letters": "dear, regards"}},
)
CHECK: Kind = ("validation", None, {"value": "{input}", "rules": [{"field": "document", "required": True}]})
STEPS: tuple[tuple[str, Kind], ...] = (
    ("read", READ),
    ("classify", SORT),
    ("summarise", WRITE),
    ("check", CHECK),
    ("enrich", READ),
    ("compare", WRITE),
    ("rate", SORT),
    ("translate", WRITE),
    ("route", SORT),
    ("report", WRITE),
)
INPUTS = {"document": "string", "language": "string?", "priority": "integer?"}


def everyday(number: int, version: int) -> Pipeline:
    """The pipeline `NAMES[number]` with 7 to 14 tasks; a later version has a task more."""
    count = 7 + number % 7 + (version > 1)
    tasks = [_task(_name(place), STEPS[place % len(STEPS)][1], _parents(place, number)) for place in range(count)]
    return _pipeline(NAMES[number], f"1.{version}.0", tasks)


def large(count: int = LARGE_TASKS) -> Pipeline:
    """One task, a wide layer, a second one below it, and one that collects."""
    width = (count - 2) // 2
    chunks = [f"read_chunk_{place:03}" for place in range(width)]
    embeds = [f"embed_chunk_{place:03}" for place in range(count - 2 - width)]
    tasks = [_task("list_files", READ, [])]
    tasks += [_task(name, WRITE, ["list_files"]) for name in chunks]
    tasks += [_task(name, SORT, [chunks[place % width]]) for place, name in enumerate(embeds)]
    tasks += [_task("write_index", CHECK, embeds)]
    return _pipeline(LARGE, "1.0.0", tasks, max_parallel=40)


def _pipeline(name: str, label: str, tasks: list[dict[str, Any]], **more: Any) -> Pipeline:
    description = f"{name.replace('_', ' ').capitalize()}, step by step"
    return Pipeline(
        {"name": name, "version": label, "description": description, "inputs": INPUTS, "tasks": tasks, **more}
    )


def _name(place: int) -> str:
    again = place // len(STEPS)
    return STEPS[place % len(STEPS)][0] + (f"_{again + 1}" if again else "")


def _parents(place: int, number: int) -> list[str]:
    """Chains and diamonds, by the pipeline's number."""
    reach = 1 + (place + number) % 3
    return sorted({_name(max(0, place - 1)), _name(max(0, place - reach))}) if place else []


def _task(name: str, kind: Kind, parents: list[str]) -> dict[str, Any]:
    task_type, model, parameters = kind
    named = {"model": model} if model else {}
    return {"name": name, "type": task_type, "dependencies": parents, "parameters": parameters, **named}


def all_pipelines(count: int, large_tasks: int) -> Iterator[list[Pipeline]]:
    """`count` pipelines, each with its versions in order; the first is the large one."""
    yield [large(large_tasks)]
    for number in range(count - 1):
        yield [everyday(number % len(NAMES), version) for version in range(1, 2 + number % 4)]
