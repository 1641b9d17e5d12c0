"""How lines of the log look: for people (`LOG_FORMAT=console`) or one JSON object a line (`json`), with the ids of the
execution, task run and request they belong to.

structlog writes the JSON. Lines for people are written without it: loading it takes a tenth of a second, which every
command would pay.
"""

import logging
import re
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from common.log_context import bound, bound_words

APPS = ("orchestration", "registry", "reviews", "monitoring", "celery", "django")
REQUEST_ID = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,100}")


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """For `LOGGING`."""
    formatter = {"console": "config.logging.ConsoleFormatter", "json": "config.logging.json_formatter"}[log_format]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "lines"},
            "gathered": {"class": "common.log_context.GatheringHandler"},
        },
        "root": {"handlers": ["console", "gathered"], "level": "WARNING"},
        "loggers": {name: {"handlers": ["console", "gathered"], "level": level, "propagate": False} for name in APPS},
    }


class ConsoleFormatter(logging.Formatter):
    """`2026-01-31 12:00:00,123 INFO    orchestration.engine: words of the line [execution_id=…]`"""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}{words}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        words = " ".join(f"{name}={value}" for name, value in bound_words().items())
        record.words = f" [{words}]" if words else ""
        return super().format(record)


def json_formatter() -> logging.Formatter:
    """`{"timestamp": …, "level": …, "logger": …, "event": …, "execution_id": …}`, exceptions as objects."""
    import structlog

    steps: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _add_words,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    show = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # locals hold prompts and keys
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(show),
            structlog.processors.JSONRenderer(default=str),
        ],
    )


def _add_words(logger: object, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.update(bound_words())
    return event


def let_celery_keep_it() -> None:
    """Celery would give its own lines, and the root's, a format of its own, which is no JSON."""
    from celery.signals import setup_logging

    setup_logging.connect(_keep, weak=False, dispatch_uid="config.logging")


def _keep(**kwargs: Any) -> None:
    """Being heard is enough: Celery then leaves logging alone."""


class RequestIdMiddleware:
    """Every request has an id, from the caller (`X-Request-ID`) or a new one: in its lines, and in the reply."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        with bound(request_id=request_id):
            response = self._get_response(request)
        response[REQUEST_ID] = request_id
        return response
