"""What made-up rows hold: inputs, outputs, errors and usage of everyday size."""

from random import Random
from typing import Any

WORDS = (
    "agreement invoice delivery meeting supplier customer payment report incident order warehouse machine account"
    " contract service quarter review delay temperature network storage insurance transfer licence budget the a of"
    " and with from under between before within after every next last new open final"
).split()
COMPANIES = ("Northgale Logistics", "Averill Data Works", "Fernleaf Hosting", "Kestrel Foods", "Brightwater Clinic")
PEOPLE = ("mira.okafor", "jonas.lind", "admin", "amelie.roux")
TIMED_OUT = {"code": "attempt_timed_out", "message": "the attempt took longer than 300 s", "type": "AttemptTimedOut"}
LIMITED = {"code": "rate_limited", "message": "gpt-4: the service limits how often it may be asked", "type": "Busy"}
REFUSED = {"code": "invalid_output", "message": "the output does not fit: /total: not a number", "type": "BadOutput"}
BROKEN = {
    "code": "handler_error",
    "message": "division by zero",
    "type": "ZeroDivisionError",
    "traceback": "Traceback (most recent call last):\n"
    '  File "handlers.py", line 12, in rate\n    return won / played\nZeroDivisionError: division by zero\n',
}


def text(random: Random, words: int) -> str:
    return " ".join(random.choices(WORDS, k=words)).capitalize() + "."


def document(random: Random) -> dict[str, Any]:
    """An execution's input, one or two kilobytes."""
    return {"document": text(random, 200), "language": "en", "priority": random.randint(1, 5)}


def title(random: Random, number: int) -> str:
    return f"{random.choice(COMPANIES)} {random.choice(WORDS)} {number}"


def output(random: Random, task_type: str) -> dict[str, Any]:
    """What a task of this type came to."""
    if task_type == "classification":
        return {"label": "bills", "confidence": random.random(), "scores": {"bills": 0.7, "letters": 0.3}}
    if task_type == "validation":
        return {"valid": True, "violations": [], "checked": 3}
    if task_type == "text_generation":
        return {"text": text(random, 80), "sentences": [{"text": text(random, 12), "position": 1}]}
    amounts = [{"amount": round(random.uniform(1, 9999), 2), "currency": "EUR"} for _ in range(3)]
    return {"title": text(random, 4), "total": amounts[0], "amounts": amounts}


def usage(random: Random, model: str) -> dict[str, Any] | None:
    if not model:
        return None
    if model.startswith("local/"):
        return {"characters": random.randint(500, 20_000)}
    tokens = {"requests": 1, "input_tokens": random.randint(200, 4000), "output_tokens": random.randint(20, 600)}
    return tokens | ({"cost_microusd": tokens["input_tokens"] * 30} if random.random() < 0.8 else {})


def error(random: Random, status: str, model: str) -> dict[str, Any]:
    """Why an attempt with this model did not end well."""
    if status == "timed_out":
        return dict(TIMED_OUT)
    return dict(random.choice((REFUSED, BROKEN) if not model or model.startswith("local/") else (LIMITED, REFUSED)))


def why(end: str, victim: tuple[str, Any] | None) -> dict[str, Any] | None:
    """An execution's error, for one that has not ended well; `victim` is the task to blame and its error."""
    if victim:
        return {"code": victim[1]["code"], "message": victim[1]["message"], "task": victim[0]}
    if end == "cancelled":
        return {"code": "cancelled", "message": "cancelled on request", "task": None}
    message = "the execution took longer than the pipeline's timeout"
    return {"code": "run_timed_out", "message": message, "task": None} if end == "timed_out" else None
