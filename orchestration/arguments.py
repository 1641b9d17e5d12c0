"""What callers give beside an input: ids, titles, keys, labels. Checked for every face; raises `InvalidArgument`."""

from collections.abc import Mapping
from typing import Any, NoReturn

from common.wording import printable, quoted, show, text_fault
from orchestration.definition.config import PIPELINE_NAME, PIPELINE_NAME_RULE
from orchestration.definition.limits import LONGEST_LABEL, LONGEST_LABEL_KEY
from orchestration.exceptions import InvalidArgument

LONGEST_TITLE = LONGEST_KEY = LONGEST_ID = 200
LONGEST_REASON = 1_000


def check_new_pipeline_id(pipeline_id: object) -> None:
    """The rule for names, which every address can hold."""
    check_text("pipeline_id", pipeline_id, 1, LONGEST_ID)
    if not PIPELINE_NAME.fullmatch(str(pipeline_id)):
        refuse("pipeline_id", f"{quoted(printable(str(pipeline_id)))} is not valid; {PIPELINE_NAME_RULE}")


def check_pipeline_id(pipeline_id: object) -> None:
    """That it is text; whether there is such a pipeline is looked up."""
    if not isinstance(pipeline_id, str):
        refuse("pipeline_id", f"give text, not {show(pipeline_id)}")


def check_title(title: object) -> None:
    check_text("title", title, 0, LONGEST_TITLE)


def check_idempotency_key(key: object) -> None:
    if key is not None:
        check_text("idempotency_key", key, 1, LONGEST_KEY)


def check_version(version: object) -> None:
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        refuse("version", f"give a version's number, not {show(version)}")


def check_labels(labels: object) -> None:
    if labels is None:
        return
    if not isinstance(labels, Mapping):
        refuse("labels", f"give a mapping of texts to texts, not {show(labels)}")
    for key, text in labels.items():
        if fault := label_fault(key, text):
            refuse("labels", f"{quoted(printable(str(key)), LONGEST_LABEL_KEY)}: {fault}")


def label_fault(key: Any, text: Any) -> str | None:
    """What is wrong with one label, or None."""
    if not isinstance(key, str) or not isinstance(text, str):
        return "a label must be text"
    if not 0 < len(key) <= LONGEST_LABEL_KEY:
        return f"a label's key has 1 to {LONGEST_LABEL_KEY} characters"
    if len(text) > LONGEST_LABEL:
        return f"a label has at most {LONGEST_LABEL} characters"
    return text_fault(key) or text_fault(text)


def check_text(name: str, value: object, least: int = 0, most: int | None = None) -> None:
    if not isinstance(value, str):
        refuse(name, f"give text, not {show(value)}")
    if len(value) < least or (most is not None and len(value) > most):
        refuse(name, f"give {f'{least} to' if least else 'at most'} {most} characters, not {len(value):,}")
    if fault := text_fault(value):
        refuse(name, fault)


def refuse(name: str, fault: str) -> NoReturn:
    raise InvalidArgument(f"{name}: {fault}", name, fault)


def storable_reason(reason: str) -> str:
    """Why something is done, as it can be kept."""
    return printable(reason)[:LONGEST_REASON]
