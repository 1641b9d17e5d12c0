"""One question to a hosted model, with at most one repair: ask, check the answer, say exactly what is wrong, ask again.

Owns the conversation on the wire and its time. What is asked and what is right is in `questions`.
"""

import time
from dataclasses import dataclass
from typing import Any, cast

from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from orchestration import tracing
from orchestration.exceptions import InvalidOutput, RetryableTaskError, TaskError
from orchestration.providers.base import Request
from orchestration.providers.hosted.connections import open_model, unused_settings
from orchestration.providers.hosted.endpoints import Endpoint
from orchestration.providers.hosted.faults import named_faults, refusal
from orchestration.providers.hosted.questions import Question
from orchestration.providers.hosted.replies import parse_answer
from orchestration.providers.hosted.spending import note_response

ANSWER = "answer"  # what the tool, or the structured output, is called


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    finish_reason: str | None
    ignored: tuple[str, ...]


class Exchange:
    """A model of an endpoint, asked on behalf of one request of the port, on the running event loop."""

    def __init__(self, endpoint: Endpoint, name: str, request: Request, *, deadline: float) -> None:
        """`deadline` on `time.monotonic()`'s clock."""
        self.endpoint = endpoint
        self.name = name
        self.usage = request.usage
        self.deadline = deadline
        self.model = open_model(endpoint, name)
        self.answered_by = name
        """The model as the latest reply names it."""

    async def write(self, prompt: str, *, system: str | None, settings: dict[str, Any]) -> Written:
        """A free text. Raises `TaskError`."""
        ignored = unused_settings(self.model, settings)
        sent = {key: value for key, value in settings.items() if key not in ignored}
        message = ModelRequest(
            parts=[UserPromptPart(sendable(prompt))], instructions=sendable(system) if system else None
        )
        response = await self._request([message], ModelRequestParameters(), sent)
        text = _text_of(response)
        if not text.strip():
            raise self._empty(response)
        return Written(text, response.finish_reason, tuple(sorted(ignored)))

    async def fill_in(self, question: Question) -> Any:
        """An answer that passes the question's check. Raises `InvalidOutput` when the second does not either."""
        instructions = sendable(question.instructions)
        parameters = self._parameters(question.schema)
        messages: list[ModelMessage] = [
            ModelRequest(parts=[UserPromptPart(sendable(question.prompt))], instructions=instructions)
        ]
        problems: list[str] = []
        for attempt in range(2):
            if attempt:
                self.usage["repairs"] = self.usage.get("repairs", 0) + 1
            response = await self._request(messages, parameters, {})
            answer, problems = _read(response, question)
            if not problems:
                return answer
            if response.finish_reason == "length":
                raise TaskError(f"{self._who} reached its longest answer before the end", code="output_truncated")
            messages += [response, _complaint(response, problems, instructions)]
        raise InvalidOutput(f"{self._who} did not answer as asked, nor when told what was wrong: {'; '.join(problems)}")

    async def _request(
        self, messages: list[ModelMessage], parameters: ModelRequestParameters, settings: dict[str, Any]
    ) -> ModelResponse:
        left = min(self.endpoint.request_timeout_seconds, max(0.001, self.deadline - time.monotonic()))
        # One by one the phases of a request may take that long each; `request_timeout` is the whole of it.
        timed = {**settings, "timeout": left, "request_timeout": left, "max_retries": 0}
        self.usage["requests"] = self.usage.get("requests", 0) + 1
        traced = tracing.model_call(self.endpoint.service.name, self.endpoint.url, self.name, settings)
        with traced as call, named_faults(self.endpoint, self.name):
            if call:
                timed["extra_headers"] = call.headers
            response = await model_request(
                self.model, messages, model_settings=cast(ModelSettings, timed), model_request_parameters=parameters
            )
            note_response(self.usage, response)
            if call:
                call.answered(response)
        self.answered_by = response.model_name or self.name
        if response.finish_reason == "content_filter":
            raise refusal(self.endpoint, self.name, str((response.provider_details or {}).get("refusal", "")))
        return response

    def _parameters(self, schema: dict[str, Any]) -> ModelRequestParameters:
        mode = self.endpoint.structured_output
        if mode == "tool":
            tool = ToolDefinition(
                name=ANSWER, description="Give the answer.", parameters_json_schema=schema, kind="output"
            )
            return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)
        return ModelRequestParameters(
            output_mode=mode, output_object=OutputObjectDefinition(json_schema=schema, name=ANSWER)
        )

    def _empty(self, response: ModelResponse) -> TaskError:
        if response.finish_reason == "length":
            return TaskError(
                f"{self._who} used all of max_tokens before it wrote anything; raise it", code="output_truncated"
            )
        return RetryableTaskError(f"{self._who} answered nothing", code="empty_reply")

    @property
    def _who(self) -> str:
        return f'the model "{self.name}" of {self.endpoint}'


def sendable(text: str) -> str:
    """Text that every service takes: NUL and lone surrogates are replaced."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _read(response: ModelResponse, question: Question) -> tuple[Any, list[str]]:
    """The answer in a response and what is wrong with it. Some servers write into the text what they should call."""
    call = next((part for part in response.parts if isinstance(part, ToolCallPart)), None)
    try:
        if call is None:
            answer = parse_answer(_text_of(response))
        else:
            answer = parse_answer(call.args) if isinstance(call.args, str) else call.args
    except ValueError as error:
        return None, [str(error)]
    return answer, question.check(answer)


def _text_of(response: ModelResponse) -> str:
    return "".join(part.content for part in response.parts if isinstance(part, TextPart))


def _complaint(response: ModelResponse, problems: list[str], instructions: str) -> ModelRequest:
    """What is sent back: an answer to each call the model made, else a message."""
    said = "That answer cannot be used:\n" + "\n".join(f"- {problem}" for problem in problems)
    said = sendable(f"{said}\nGive the whole answer again with this put right.")
    returns: list[ModelRequestPart] = [
        ToolReturnPart(part.tool_name, said, tool_call_id=part.tool_call_id)
        for part in response.parts
        if isinstance(part, ToolCallPart)
    ]
    return ModelRequest(parts=returns or [UserPromptPart(said)], instructions=instructions)
