"""OpenAI's chat-completions protocol: OpenAI itself, and every server that speaks it.

The chat interface also for OpenAI, whose newer one (Responses) compatible servers do not have.
"""

from typing import Any

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles import ModelProfile, merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from orchestration.providers.hosted.endpoints import Endpoint


def connect(endpoint: Endpoint, key: str, http: httpx2.AsyncClient) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=endpoint.url, max_retries=0, http_client=http)


def make_model(endpoint: Endpoint, name: str, client: AsyncOpenAI) -> Model[Any]:
    if endpoint.is_public:
        return OpenAIChatModel(name, provider=OpenAIProvider(openai_client=client))
    provider = OpenAICompatibleProvider(endpoint.service.name, openai_client=client)
    return OpenAIChatModel(name, provider=provider, profile=_modest)


def _modest(profile: ModelProfile) -> ModelProfile:
    """What is known of a model, less what only OpenAI's own servers understand."""
    return merge_profile(
        profile,
        OpenAIModelProfile(
            supports_json_object_output=False,
            supports_json_schema_output=True,  # the operator says so, or chooses another mode
            # Older servers know `max_tokens` only; OpenAI's reasoning models, behind a proxy, the other name only.
            openai_chat_supports_max_completion_tokens=bool(profile.get("openai_supports_reasoning")),
        ),
    )
