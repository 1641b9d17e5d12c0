"""Lines of the log: for people or as JSON, with the ids of what they belong to."""

import json
import logging
import logging.config
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from common.log_context import bound, bound_words
from config.logging import ConsoleFormatter, RequestIdMiddleware, json_formatter, logging_config


def logged(formatter: logging.Formatter) -> str:
    """An error inside a task run, as the formatter writes it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.Logger("orchestration.test")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    with bound(execution_id="e1"), bound(task_run_id=7):
        try:
            secret = "sk-canary"  # noqa: F841 - a local variable that must not be shown
            raise ValueError("odd")
        except ValueError:
            logger.exception("it %s", "broke", extra={"attempt": 2})
    return stream.getvalue()


def test_json_has_the_ids_the_extras_and_the_exception_without_local_variables() -> None:
    text = logged(json_formatter())
    line = json.loads(text)
    assert (line["event"], line["level"], line["logger"]) == ("it broke", "error", "orchestration.test")
    assert (line["execution_id"], line["task_run_id"], line["attempt"]) == ("e1", "7", 2)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "sk-canary" not in text.replace('secret = "sk-canary"', "")


def test_people_get_one_line_with_the_ids_at_its_end() -> None:
    first = logged(ConsoleFormatter()).splitlines()[0]
    assert first.endswith("ERROR   orchestration.test: it broke [execution_id=e1 task_run_id=7]")


def test_words_end_with_their_block() -> None:
    with bound(execution_id="e1"):
        assert bound_words() == {"execution_id": "e1"}
    assert bound_words() == {}


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_both_formats_can_be_configured(log_format: str) -> None:
    config = logging_config(log_format, "INFO")
    formatter = logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["lines"])
    assert isinstance(formatter, logging.Formatter)


@pytest.mark.parametrize(("given", "kept"), [("req-12345678", True), ("short", False), ("bad id\n12345", False)])
def test_a_request_has_an_id_the_callers_where_it_is_one(given: str, kept: bool, rf: Any) -> None:
    seen: list[str] = []

    def view(request: Any) -> Any:
        from django.http import HttpResponse

        seen.append(bound_words()["request_id"])
        return HttpResponse()

    reply = RequestIdMiddleware(view)(rf.get("/", HTTP_X_REQUEST_ID=given))
    assert reply["X-Request-ID"] == seen[0]
    assert (seen[0] == given) == kept


@pytest.mark.one_database
@pytest.mark.django_db
def test_every_reply_carries_one(client: Client) -> None:
    assert len(client.get("/livez")["X-Request-ID"]) == 32
