"""`type: text_generation`: has a model write a text.

Owns what is sent: the prompt, and the text to work on when no prompt holds it. Writing is left to the model.
"""

from collections.abc import Awaitable
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.definition.parameters import TextGenerationParameters
from orchestration.handlers.asking import when_answered
from orchestration.handlers.base import TaskContext
from orchestration.handlers.text import find_text
from orchestration.providers.base import GenerationReply, GenerationRequest
from orchestration.providers.catalog import get_provider

PROMPTS = ("prompt", "prompt_template")
OPTIONS = {"max_tokens", "temperature", "top_p", "stop", "max_sentences", "max_keywords"}


def generate(
    task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """`text`, and what the model gives besides: `sentences`, `keywords`, `finish_reason`."""
    parameters = TextGenerationParameters.model_validate(task_config.parameters)
    given = task_config.parameters
    # A prompt that was filled in with null is an empty one, as in handlers.text.
    prompt = next((given[name] or "" for name in PROMPTS if name in given), None)
    needs_text = prompt is None or "input" in given
    answer = get_provider(context.model).generate(
        GenerationRequest(
            prompt=prompt,
            text=find_text(task_config, input_data) if needs_text else None,
            system=parameters.system,
            options=parameters.model_dump(include=OPTIONS, exclude_none=True),
            deadline_seconds=context.remaining_seconds,
            usage=context.usage,
        )
    )
    return when_answered(answer, context, _output)


def _output(reply: GenerationReply) -> dict[str, Any]:
    return {**reply.details, "text": reply.text, "truncated": reply.truncated, "ignored": list(reply.ignored)}
