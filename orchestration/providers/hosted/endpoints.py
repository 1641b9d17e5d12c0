"""Which hosted services this installation can ask, and whose model a name is. Imports no library of any service.

Addresses and keys come from the operator's settings and from nowhere else: never from a task or a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import urlsplit

from django.conf import settings

from orchestration.conf import OrchestrationConfig, StructuredOutput

SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of endpoint. `name` is the first part of its targets, as in `openai/gpt-4`."""

    name: str
    owner: str
    protocol: Literal["openai", "anthropic"]
    patterns: tuple[str, ...]
    """Names of models that are this service's without saying so."""
    public_url: str
    """Where it is when no setting says otherwise; empty when a setting must."""
    setting: str
    """What an operator sets to use it."""

    @property
    def url_setting(self) -> str:
        return f"{self.name.upper()}_BASE_URL"

    @property
    def key_setting(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    def owns(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in (f"{self.name}/?*", *self.patterns))


SERVICES = (
    Service(
        "openai",
        "OpenAI",
        "openai",
        ("gpt-*", "chatgpt-*", "o[1-9]*", "ft:*"),
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
    ),
    Service("anthropic", "Anthropic", "anthropic", ("claude-*",), "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    Service("ollama", "Ollama", "openai", (), "", "OLLAMA_BASE_URL"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A configured service."""

    service: Service
    url: str
    key: str = field(repr=False)
    structured_output: StructuredOutput
    request_timeout_seconds: float

    @property
    def is_public(self) -> bool:
        """Whether this is the service's own address, not a server that speaks like it."""
        return self.url == self.service.public_url

    def __str__(self) -> str:
        return f"{self.service.name} ({urlsplit(self.url).netloc})"


def find_endpoint(name: str) -> Endpoint | None:
    """The endpoint of a service by its name; None when it is not configured."""
    return next((endpoint for endpoint in configured_endpoints() if endpoint.service.name == name), None)


def find_service(model: str) -> Service | None:
    """Whose model a name is, by the look of it."""
    return next((service for service in SERVICES if service.owns(model)), None)


def configured_endpoints() -> Iterator[Endpoint]:
    config: OrchestrationConfig = settings.ORCHESTRATION
    given = {
        "openai": (config.openai_base_url, config.openai_api_key, config.openai_structured_output),
        "anthropic": (config.anthropic_base_url, config.anthropic_api_key, config.anthropic_structured_output),
        "ollama": (config.ollama_base_url, "", config.ollama_structured_output),
    }
    for service in SERVICES:
        url, key, mode = given[service.name]
        if url or key:
            yield Endpoint(service, url or service.public_url, key, mode, config.model_request_timeout)


def secrets() -> tuple[str, ...]:
    """What must never be shown. A word such as `none` or `EMPTY`, for servers that want just any key, is no secret."""
    return tuple(endpoint.key for endpoint in configured_endpoints() if len(endpoint.key) >= SHORTEST_SECRET)
