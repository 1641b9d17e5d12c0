"""Clients of hosted services: made when first used, one per endpoint and event loop, and kept as long as the loop.

A pooled connection belongs to the loop it was opened in, and a loop to the worker thread (after the fork) that runs
attempts in it. What differs between the protocols is in `openai_chat` and `anthropic_messages`, imported when used.
"""

import asyncio
import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

import httpx2
from pydantic_ai.models import Model

from common.tls import trusted
from orchestration.providers.hosted.endpoints import Endpoint

CONNECT_SECONDS = 10.0
NO_KEY = "none"  # the libraries insist on a key; a server of one's own often needs none
SAMPLING = frozenset({"temperature", "top_p"})
PROTOCOLS = {
    "openai": "orchestration.providers.hosted.openai_chat",
    "anthropic": "orchestration.providers.hosted.anthropic_messages",
}


class Client(Protocol):
    """The client of a service's own library."""

    async def close(self) -> None: ...


class Wire(Protocol):
    """What a module of `PROTOCOLS` has. Retries of the libraries are off: the engine retries, on its own budget."""

    def connect(self, endpoint: Endpoint, key: str, http: httpx2.AsyncClient) -> Client: ...

    def make_model(self, endpoint: Endpoint, name: str, client: Any) -> Model[Any]: ...


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Endpoint, Client]] = WeakKeyDictionary()


def open_model(endpoint: Endpoint, name: str) -> Model[Any]:
    """A model of an endpoint, on the running loop's connections."""
    wire = cast(Wire, import_module(PROTOCOLS[endpoint.service.protocol]))
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if endpoint not in clients:
        clients[endpoint] = wire.connect(endpoint, endpoint.key or NO_KEY, _http_client(endpoint))
        _quieten()
    return wire.make_model(endpoint, name, clients[endpoint])


async def close_clients() -> None:
    """Close the running loop's connections; for programs that end their loop themselves."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.close()


def unused_settings(model: Model[Any], settings: Mapping[str, Any]) -> frozenset[str]:
    """Those of the settings that the model would refuse, so they are not sent: sampling, when it reasons."""
    profile: Mapping[str, Any] = model.profile
    refuses = profile.get("anthropic_disallows_sampling_settings") or (
        profile.get("openai_supports_reasoning") and profile.get("thinking_enabled_by_default", True)
    )
    return SAMPLING & settings.keys() if refuses else frozenset()


def _http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    # Redirects are not followed: a key is for the address it was given with, and a prompt too.
    timeout = httpx2.Timeout(endpoint.request_timeout_seconds, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(verify=trusted(), timeout=timeout, follow_redirects=False)


def _quieten() -> None:
    """At DEBUG these write whole requests and replies into the log: documents, and whatever a service repeats.

    At INFO it is a line per request, which the attempt's record says better.
    """
    for name in ("openai", "anthropic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
