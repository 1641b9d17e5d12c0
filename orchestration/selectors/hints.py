"""What helps against an error, by its code: for pages and commands. Text between backticks is code.

Owns the words. The codes come from `orchestration.exceptions`, the engine, the task types and the hosted models.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EXECUTION = "docs/execution.md"
TASK_TYPES = "docs/task-types.md"
PIPELINES = "docs/pipelines.md"
REVIEWS = "docs/human-review.md"
HOSTED = "docs/hosted-models.md"


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do, where it is explained (a file of the documentation and a heading), and which setting it is about."""

    text: str
    page: str = ""
    heading: str = ""
    setting: str = ""
    is_in_pipeline: bool = False
    """It is mended in the pipeline's definition."""

    @property
    def sentence(self) -> str:
        return f"{self.text[:1].upper()}{self.text[1:]}."


_HOSTED_HEADING = "When it goes wrong"

HINTS: Mapping[str, Hint] = {
    # The engine
    "attempt_timed_out": Hint(
        "give the task a longer `timeout`, or see what holds it up",
        EXECUTION,
        "Timeouts",
        "DEFAULT_TASK_TIMEOUT",
        is_in_pipeline=True,
    ),
    "queue_timed_out": Hint(
        "start more workers, or give the task a longer `queue_timeout`", EXECUTION, "Timeouts", is_in_pipeline=True
    ),
    "run_timed_out": Hint("give the pipeline a longer `timeout`", EXECUTION, "Timeouts", is_in_pipeline=True),
    "crashed_too_often": Hint(
        "the task kills its worker: look for its memory use, or a native crash, in the worker's log",
        EXECUTION,
        "Failures and crashes",
    ),
    "worker_lost": Hint("look into the worker's log; the task was tried again", EXECUTION, "Failures and crashes"),
    "process_lost": Hint("start it again; `execute_pipeline` lets workers carry it", EXECUTION),
    "handler_error": Hint("the handler raised an exception: its traceback says where", TASK_TYPES, "custom"),
    "no_handler": Hint(
        "name the handler's module in `TASK_HANDLER_MODULES` and restart the workers",
        TASK_TYPES,
        "custom",
        "TASK_HANDLER_MODULES",
    ),
    "unresolved_reference": Hint(
        'the value is not there; a default helps: `{name_output.field | default("…")}`',
        PIPELINES,
        "Placeholders",
        is_in_pipeline=True,
    ),
    "unstorable_value": Hint(
        "return dicts, lists, text and numbers from the handler, within `VALUE_MAX_BYTES`",
        EXECUTION,
        "How it holds together",
        "VALUE_MAX_BYTES",
    ),
    "cancelled": Hint("somebody cancelled it; run it again when the reason is gone", EXECUTION),
    # Task types
    "invalid_parameters": Hint(
        "check what the placeholders in the task's parameters were filled with",
        TASK_TYPES,
        "Which text a task works on",
        is_in_pipeline=True,
    ),
    "invalid_output": Hint(
        "what came back does not fit its schema; change the schema, or what is asked for",
        TASK_TYPES,
        "extraction",
        is_in_pipeline=True,
    ),
    "validation_failed": Hint(
        "mend the document or the rules; `on_fail: continue` only reports what is wrong",
        TASK_TYPES,
        "validation",
        is_in_pipeline=True,
    ),
    "output_not_a_dict": Hint(
        'return a dict from the handler, such as `{"result": …}`, on every way through it', TASK_TYPES, "custom"
    ),
    "missing_handler": Hint(
        "name the handler to run in the task: `parameters: {handler: my_handler}`",
        TASK_TYPES,
        "custom",
        is_in_pipeline=True,
    ),
    # Reviews
    "review_rejected": Hint(
        "the reviewer's comment says why; mend what was rejected and run it again, or let it go on with "
        "`on_reject: continue`",
        REVIEWS,
        "Decisions",
        is_in_pipeline=True,
    ),
    "review_timed_out": Hint(
        "nobody decided in time: raise `due_hours`, find more reviewers, or change the escalation policy",
        REVIEWS,
        "What time does",
        is_in_pipeline=True,
    ),
    "review_closed": Hint("the review was closed without a decision: its history says by whom", REVIEWS, "States"),
    "policy_not_found": Hint(
        "create the escalation policy, or correct `policy` in the task; then run it again from this task",
        REVIEWS,
        "What time does",
        is_in_pipeline=True,
    ),
    # Models
    "unknown_model": Hint(
        "configure the model, or route its name with `MODEL_ROUTES`", TASK_TYPES, "Models", "MODEL_ROUTES"
    ),
    "unsuitable_model": Hint("choose a model that does this type of task", TASK_TYPES, "Models", is_in_pipeline=True),
    "model_unavailable": Hint("start the execution again, so that its model is looked up anew", TASK_TYPES, "Models"),
    "unsupported_operation": Hint(
        "the model cannot answer in this way; choose another, or another structured-output mode",
        HOSTED,
        "Structured answers",
    ),
    "rate_limited": Hint(
        "too many requests: lower `max_parallel`, raise `retry.max_delay`, or ask the service for a higher limit",
        HOSTED,
        _HOSTED_HEADING,
        is_in_pipeline=True,
    ),
    "quota_exceeded": Hint("raise the limit or the balance of the account at the service", HOSTED, _HOSTED_HEADING),
    "authentication_failed": Hint("check the service's key, and what it may do", HOSTED, "Settings"),
    "model_not_found": Hint("check the model's name, and the service's address", HOSTED, "Settings"),
    "model_timeout": Hint(
        "the service was too slow: raise `MODEL_REQUEST_TIMEOUT`, shorten the text, or try again later",
        HOSTED,
        _HOSTED_HEADING,
        "MODEL_REQUEST_TIMEOUT",
    ),
    "connection_failed": Hint("check the service's address, and whether this machine may reach it", HOSTED, "Settings"),
    "service_unavailable": Hint("the service is overloaded or away: run it again later", HOSTED, _HOSTED_HEADING),
    "server_error": Hint("the service failed: run it again later", HOSTED, _HOSTED_HEADING),
    "malformed_reply": Hint(
        "the reply is of another protocol; if it stays so, check the service's address", HOSTED, "Settings"
    ),
    "empty_reply": Hint("the model wrote nothing: change the prompt, or try another model", HOSTED, _HOSTED_HEADING),
    "context_too_long": Hint("shorten the text, or use a model that takes more", HOSTED, _HOSTED_HEADING),
    "refused": Hint(
        "the service's content rules forbade it: another wording or another model may do", HOSTED, _HOSTED_HEADING
    ),
    "output_truncated": Hint("raise `max_tokens`, or ask for less", HOSTED, _HOSTED_HEADING, is_in_pipeline=True),
    "bad_request": Hint("the service refused the request as it stands: its message says why", HOSTED, _HOSTED_HEADING),
    "redirected": Hint("put the service's final address into its setting", HOSTED, "Settings"),
}

_UNKNOWN_RETRYABLE = Hint("the handler gave this code: its message says what it means", TASK_TYPES, "custom")


def hint_for(code: str) -> Hint:
    """What helps; for codes of people's own handlers, where to look."""
    return HINTS.get(code, _UNKNOWN_RETRYABLE)
