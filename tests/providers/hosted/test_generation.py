"""Free text from hosted models: what is sent, what comes back, what is kept of it."""

from typing import Any

import pytest

from orchestration.exceptions import InvalidParameters, RetryableTaskError, TaskError
from tests.providers.hosted.conftest import KEY, Ask
from tests.providers.hosted.server import ANTHROPIC_PATH, OPENAI_PATH, ModelServer, Sent, say


def test_a_text_comes_back_with_why_the_model_stopped(ask_either: Ask, server: ModelServer) -> None:
    output = ask_either("text_generation", {"prompt": "Write."})
    assert output == {"text": "All is well.", "finish_reason": "stop", "truncated": False, "ignored": []}


def test_the_model_of_the_attempt_is_the_one_the_reply_names(ask_either: Ask, protocol: str) -> None:
    ask_either("text_generation", {"prompt": "Write."})
    name = {"openai": "openai/gpt-4-0613", "anthropic": "anthropic/claude-sonnet-5-0613"}[protocol]
    assert ask_either.context.model == name


def test_usage_has_tokens_and_requests_and_no_price_where_none_is_known(ask_either: Ask) -> None:
    ask_either("text_generation", {"prompt": "Write."})
    assert ask_either.context.usage == {"requests": 1, "input_tokens": 10, "output_tokens": 5}


def test_a_reply_that_does_not_say_what_it_used_is_counted_as_such(ask: Ask, server: ModelServer) -> None:
    def without_usage(asked: Any) -> Sent:
        body: dict[str, Any] = say(asked, "Yes.").body
        return Sent({key: value for key, value in body.items() if key != "usage"})

    server.script(without_usage)
    ask("text_generation", {"prompt": "Write."})
    assert ask.context.usage == {"requests": 1, "unmeasured_requests": 1}


def test_openai_is_asked_over_the_chat_interface_with_the_key(ask: Ask, server: ModelServer) -> None:
    options = {"max_tokens": 100, "temperature": 0.5, "top_p": 0.9, "stop": "END"}
    ask("text_generation", {"prompt": "Refine this.", "input": "Some text.", "system": "Be terse.", **options})
    (asked,) = server.requests
    assert asked.path == OPENAI_PATH
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    sent = {name: asked.body[name] for name in ("model", "max_tokens", "temperature", "top_p", "stop")}
    assert sent == {"model": "gpt-4", "max_tokens": 100, "temperature": 0.5, "top_p": 0.9, "stop": ["END"]}
    assert [message["content"] for message in asked.body["messages"]] == ["Be terse.", "Refine this.\n\nSome text."]


def test_anthropic_is_asked_over_its_messages_interface_with_the_key(ask: Ask, server: ModelServer) -> None:
    ask("text_generation", {"prompt": "Write.", "system": "Be terse.", "stop": ["END"]}, model="claude-sonnet-5")
    (asked,) = server.requests
    assert asked.path == ANTHROPIC_PATH
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["stop_sequences"] == ["END"]
    assert "Be terse." in str(asked.body["system"])


def test_options_for_other_models_are_named_as_ignored(ask: Ask) -> None:
    assert ask("text_generation", {"prompt": "Write.", "max_sentences": 3})["ignored"] == ["max_sentences"]


@pytest.mark.parametrize("model", ["o3-mini", "gpt-5", "claude-opus-4-8"])
def test_a_model_that_refuses_sampling_settings_is_not_sent_them(ask: Ask, server: ModelServer, model: str) -> None:
    output = ask("text_generation", {"prompt": "Write.", "temperature": 0.5, "max_tokens": 50}, model=model)
    assert output["ignored"] == ["temperature"]
    assert "temperature" not in server.requests[0].body
    longest = "max_tokens" if model.startswith("claude") else "max_completion_tokens"
    assert server.requests[0].body[longest] == 50


def test_texts_may_hold_anything(ask_either: Ask, server: ModelServer) -> None:
    ask_either("text_generation", {"prompt": "a\x00b\ud800c 发票 {x}"})
    assert "a�b?c 发票 {x}" in server.requests[0].text


def test_an_empty_prompt_is_not_sent(ask: Ask, server: ModelServer) -> None:
    with pytest.raises(InvalidParameters, match="the prompt is empty"):
        ask("text_generation", {"prompt": " "})
    assert server.requests == []


def test_a_text_cut_off_at_max_tokens_says_so(ask_either: Ask, server: ModelServer, protocol: str) -> None:
    finish = {"openai": "length", "anthropic": "max_tokens"}[protocol]
    server.script(lambda asked: say(asked, "Once upon", finish=finish))
    output = ask_either("text_generation", {"prompt": "Write.", "max_tokens": 2})
    assert (output["text"], output["finish_reason"]) == ("Once upon", "length")


def test_an_answer_of_nothing_is_tried_again(ask_either: Ask, server: ModelServer) -> None:
    server.script(lambda asked: say(asked, ""))
    with pytest.raises(RetryableTaskError, match="answered nothing") as caught:
        ask_either("text_generation", {"prompt": "Write."})
    assert caught.value.code == "empty_reply"


def test_nothing_written_for_want_of_tokens_is_not_tried_again(ask: Ask, server: ModelServer) -> None:
    server.script(lambda asked: say(asked, "", finish="length"))
    with pytest.raises(TaskError, match="used all of max_tokens") as caught:
        ask("text_generation", {"prompt": "Write.", "max_tokens": 1})
    assert (caught.value.code, caught.value.retryable) == ("output_truncated", False)
