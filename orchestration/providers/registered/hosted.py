"""A registered version that a service hosts: the service's own provider, with the version's parameters and prices.

Default parameters (of text generation, and `instructions`) stand in where a task gives none. The version's prices count
instead of any public list; addresses and keys stay in settings.
"""

import inspect
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from orchestration.providers.base import (
    Answer,
    ClassificationReply,
    ClassificationRequest,
    ExtractionReply,
    ExtractionRequest,
    GenerationReply,
    GenerationRequest,
    JudgementReply,
    JudgementRequest,
    Provider,
    R,
    Request,
)
from registry.models import HostedPrice
from registry.selectors.resolving import ResolvedVersion
from registry.selectors.versions import price_at

PRICED_TOKENS = 1_000_000


class HostedVersion:
    """A hosted version behind the port. The reply names the model of the service that answered."""

    def __init__(self, version: ResolvedVersion, service: Provider) -> None:
        self.service = service
        self.defaults = version.default_parameters
        self.price = price_at(version.version_id)

    def generate(self, request: GenerationRequest) -> Answer[GenerationReply]:
        options = {name: value for name, value in self.defaults.items() if name not in ("system", "instructions")}
        filled = replace(
            request,
            system=self.defaults.get("system") if request.system is None else request.system,
            options={**options, **request.options},
        )
        return self._priced(self.service.generate(filled), request)

    def extract(self, request: ExtractionRequest) -> Answer[ExtractionReply]:
        return self._priced(self.service.extract(replace(request, instructions=self._instructions(request))), request)

    def classify(self, request: ClassificationRequest) -> Answer[ClassificationReply]:
        return self._priced(self.service.classify(replace(request, instructions=self._instructions(request))), request)

    def judge(self, request: JudgementRequest) -> Answer[JudgementReply]:
        return self._priced(self.service.judge(request), request)

    def _instructions(self, request: ExtractionRequest | ClassificationRequest) -> str | None:
        return self.defaults.get("instructions") if request.instructions is None else request.instructions

    def _priced(self, answer: Answer[R], request: Request) -> Answer[R]:
        """Offline models cost nothing and answer at once."""
        return self._wait(answer, request.usage) if inspect.isawaitable(answer) else answer

    async def _wait(self, answer: Awaitable[R], usage: dict[str, Any]) -> R:
        with self._pricing(usage):
            reply = await answer
        return replace(reply, usage=usage)

    @contextmanager
    def _pricing(self, usage: dict[str, Any]) -> Iterator[None]:
        """Also when the call fails: what was used costs all the same."""
        try:
            yield
        finally:
            if self.price is not None and (cost := cost_microusd(usage, self.price)) is not None:
                usage["cost_microusd"] = cost


def cost_microusd(usage: Mapping[str, Any], price: HostedPrice) -> int | None:
    """Millionths of a dollar for the tokens noted, rounded up; None when some request did not say what it used."""
    if usage.get("unmeasured_requests") or "requests" not in usage:
        return None
    cached, read, written = (usage.get(f"{kind}_tokens", 0) for kind in ("cached_input", "input", "output"))
    for_cached = price.input_microusd if price.cached_input_microusd is None else price.cached_input_microusd
    total = (read - cached) * price.input_microusd + cached * for_cached + written * price.output_microusd
    return int(-(-total // PRICED_TOKENS))
