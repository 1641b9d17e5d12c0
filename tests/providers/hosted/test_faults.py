"""Everything that goes wrong between here and a model: what it is called, and whether it is tried again."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from orchestration.exceptions import RetryableTaskError, TaskError
from orchestration.providers.base import GenerationRequest
from orchestration.providers.hosted.provider import HostedProvider
from tests.providers.hosted.conftest import KEY, Ask
from tests.providers.hosted.server import ANTHROPIC_PATH, Asked, ModelServer, Sent, fail, late, refuse, say

Reply = Sent | Callable[[Asked], Sent]


def failing(status: int, message: str = "no", **details: str) -> Callable[[Asked], Sent]:
    return lambda asked: fail(asked, status, message, **details)


def cut_off(asked: Asked) -> Sent:
    """The connection is closed in the middle of the body."""
    whole = say(asked, "A long answer.")
    return Sent(whole.body, headers=whole.headers, lost_bytes=60)


def half(asked: Asked) -> Sent:
    """The body ends in the middle of the JSON, as announced."""
    if asked.path == ANTHROPIC_PATH:
        return Sent(
            b'event: message_start\ndata: {"type": "message_st\n\n', headers={"content-type": "text/event-stream"}
        )
    return Sent(b'{"id": "x", "choices": [{"index": 0, "mess')


def provoke(ask: Ask, server: ModelServer, reply: Reply, seconds: float = 30) -> TaskError:
    server.script(reply)
    with pytest.raises(TaskError) as caught:
        ask("text_generation", {"prompt": "Write."}, seconds=seconds)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "bad_request", False),
        (401, "authentication_failed", False),
        (402, "quota_exceeded", False),
        (403, "authentication_failed", False),
        (404, "model_not_found", False),
        (408, "model_timeout", True),
        (409, "bad_request", False),
        (413, "context_too_long", False),
        (422, "bad_request", False),
        (425, "service_unavailable", True),
        (429, "rate_limited", True),
        (500, "server_error", True),
        (502, "server_error", True),
        (503, "service_unavailable", True),
        (504, "server_error", True),
        (529, "service_unavailable", True),
    ],
)
def test_a_status_decides_the_code_and_whether_to_try_again(
    ask_either: Ask, server: ModelServer, status: int, code: str, retryable: bool
) -> None:
    error = provoke(ask_either, server, failing(status, "so it is"))
    assert (error.code, error.retryable, isinstance(error, RetryableTaskError)) == (code, retryable, retryable)
    assert "so it is" in str(error)
    assert len(server.requests) == 1, "the engine retries, nobody else"
    assert ask_either.context.usage == {"requests": 1}


@pytest.mark.parametrize(
    ("status", "details", "code"),
    [
        (400, {"code": "context_length_exceeded"}, "context_too_long"),
        (400, {"code": "content_filter"}, "refused"),
        (400, {"code": "content_policy_violation"}, "refused"),
        (429, {"code": "insufficient_quota"}, "quota_exceeded"),
    ],
)
def test_openai_s_own_codes_say_more_than_the_status(
    ask: Ask, server: ModelServer, status: int, details: dict[str, str], code: str
) -> None:
    error = provoke(ask, server, failing(status, "no", **details))
    assert (error.code, error.retryable) == (code, False)


@pytest.mark.parametrize(
    ("message", "code"),
    [("prompt is too long: 3000000 tokens", "context_too_long"), ("Your credit balance is too low", "quota_exceeded")],
)
def test_anthropic_s_words_say_more_than_the_status(ask: Ask, server: ModelServer, message: str, code: str) -> None:
    server.script(failing(400, message, code="invalid_request_error"))
    with pytest.raises(TaskError) as caught:
        ask("text_generation", {"prompt": "Write."}, model="claude-sonnet-5")
    assert (caught.value.code, caught.value.retryable) == (code, False)


def test_retry_after_is_passed_on_in_seconds(ask_either: Ask, server: ModelServer) -> None:
    assert provoke(ask_either, server, failing(429, retry_after="7")).retry_after == 7


def test_retry_after_may_be_a_date(ask_either: Ask, server: ModelServer) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=600)
    earliest = datetime.now(UTC)
    error = provoke(ask_either, server, failing(503, retry_after=format_datetime(at, usegmt=True)))
    assert error.retry_after is not None
    assert (at - datetime.now(UTC)).total_seconds() <= error.retry_after <= (at - earliest).total_seconds()


@pytest.mark.parametrize("nonsense", ["soon", "-3", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(ask: Ask, server: ModelServer, nonsense: str) -> None:
    assert provoke(ask, server, failing(429, retry_after=nonsense)).retry_after is None


def test_a_refusal_is_final(ask_either: Ask, server: ModelServer) -> None:
    error = provoke(ask_either, server, lambda asked: refuse(asked, "I would rather not."))
    assert (error.code, error.retryable) == ("refused", False)
    assert ask_either.context.usage["output_tokens"] == 5, "it was paid for"


def test_a_refusal_says_why_where_the_protocol_has_words_for_it(ask: Ask, server: ModelServer) -> None:
    assert "I would rather not." in str(provoke(ask, server, lambda asked: refuse(asked, "I would rather not.")))


def test_a_filtered_answer_is_a_refusal(ask: Ask, server: ModelServer) -> None:
    assert provoke(ask, server, lambda asked: say(asked, "half of", finish="content_filter")).code == "refused"


MALFORMED: dict[str, Reply] = {
    "empty": Sent(b""),
    "html": Sent(b"<html>Welcome!</html>", headers={"content-type": "text/html"}),
    "html as json": Sent(b"<html>Welcome!</html>"),
    "bytes": Sent(b"\xff\xfe\x00"),
    "null": Sent(None),
    "list": Sent([]),
    "text": Sent("text"),
    "mapping": Sent({}),
    "no choice": Sent({"choices": []}),
    "holes": Sent({"choices": [{}], "model": 7}),
    "error in words": Sent({"error": "in words"}),
    "half": half,
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED)
def test_a_reply_that_is_none_is_tried_again(ask_either: Ask, server: ModelServer, reply: Reply) -> None:
    error = provoke(ask_either, server, reply)
    assert (error.code, error.retryable) == ("malformed_reply", True)
    assert "_BASE_URL" in str(error)


def test_a_reply_cut_off_by_the_connection_is_tried_again(ask_either: Ask, server: ModelServer) -> None:
    error = provoke(ask_either, server, cut_off)
    assert (error.code, error.retryable) == ("connection_failed", True)


def test_a_server_that_is_not_there_is_tried_again(ask_either: Ask, configure: Any, server: ModelServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        configure(openai_base_url=url, anthropic_base_url=url)
        error = provoke(ask_either, server, Sent())
    assert (error.code, error.retryable) == ("connection_failed", True)
    assert "_BASE_URL" in str(error)


def test_a_server_that_keeps_silent_is_left_after_the_request_timeout(
    ask_either: Ask, configure: Any, server: ModelServer
) -> None:
    configure(model_request_timeout=0.3)
    error = provoke(ask_either, server, lambda asked: late(say(asked, "At last."), 20))
    assert (error.code, error.retryable) == ("model_timeout", True)
    assert "MODEL_REQUEST_TIMEOUT" in str(error)


def test_no_request_takes_longer_than_what_is_left_of_the_attempt(ask_either: Ask, server: ModelServer) -> None:
    error = provoke(ask_either, server, lambda asked: late(say(asked, "At last."), 20), seconds=0.3)
    assert (error.code, error.retryable) == ("model_timeout", True)


def test_a_repair_has_only_the_rest_of_the_time(ask: Ask, configure: Any, server: ModelServer) -> None:
    configure(openai_structured_output="prompted")
    server.script(lambda asked: late(say(asked, "no json"), 0.2), lambda asked: late(say(asked, "{}"), 20))
    with pytest.raises(TaskError) as caught:
        ask("classification", {"categories": ["a", "b"]}, text="x", seconds=2)
    assert caught.value.code == "model_timeout"
    assert (ask.context.usage["repairs"], ask.context.usage["input_tokens"]) == (1, 10)


def test_a_redirect_is_not_followed_with_the_key(ask_either: Ask, server: ModelServer) -> None:
    with ModelServer() as elsewhere:
        error = provoke(ask_either, server, Sent(status=307, headers={"location": f"{elsewhere.url}/v1/x"}))
        assert (error.code, error.retryable, elsewhere.requests) == ("redirected", False, [])
    assert "_BASE_URL" in str(error)


def test_a_key_that_the_service_repeats_is_struck_out(ask_either: Ask, server: ModelServer) -> None:
    error = provoke(ask_either, server, failing(401, f"Incorrect API key provided: {KEY}."))
    assert "Incorrect API key provided: ***." in str(error)
    assert "_API_KEY" in str(error)


def test_what_a_service_says_is_shortened(ask: Ask, server: ModelServer) -> None:
    assert len(str(provoke(ask, server, failing(400, "x" * 100_000)))) < 1_000


def test_a_cancelled_request_does_not_harm_the_next(ask: Ask, server: ModelServer) -> None:
    """The engine cancels at the attempt's timeout; the client is kept."""
    server.script(lambda asked: late(say(asked, "At last."), 20))

    async def limited() -> None:
        request = GenerationRequest(prompt="Write.", deadline_seconds=30)
        async with asyncio.timeout(0.3):
            await HostedProvider("openai/gpt-4").generate(request)

    with pytest.raises(TimeoutError):
        ask.runner.run(limited())
    assert ask("text_generation", {"prompt": "Write."})["text"] == "All is well."
