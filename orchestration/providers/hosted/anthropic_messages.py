"""Anthropic's messages protocol."""

from typing import Any

import httpx2
from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from orchestration.providers.hosted.endpoints import Endpoint


def connect(endpoint: Endpoint, key: str, http: httpx2.AsyncClient) -> AsyncAnthropic:
    return AsyncAnthropic(api_key=key, base_url=endpoint.url, max_retries=0, http_client=http)


def make_model(endpoint: Endpoint, name: str, client: AsyncAnthropic) -> Model[Any]:
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))
