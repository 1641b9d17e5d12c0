"""A hosted model behind the port: each operation turned into a question, the answer into a reply.

The calls return coroutines, to be run on the worker thread's event loop. The libraries are imported when the first one
runs: in a thread, so that an attempt whose time is over leaves the import to its end, and by one thread at a time, as
these libraries cannot stand two.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from orchestration.exceptions import InvalidParameters
from orchestration.providers.base import (
    ClassificationReply,
    ClassificationRequest,
    ExtractionReply,
    ExtractionRequest,
    GenerationReply,
    GenerationRequest,
    JudgementReply,
    JudgementRequest,
    ModelUnavailable,
    Request,
    Verdict,
)
from orchestration.providers.hosted import questions
from orchestration.providers.hosted.endpoints import SERVICES, Endpoint, find_endpoint

if TYPE_CHECKING:
    from orchestration.providers.hosted.exchange import Exchange

# Options of the port → settings of the library. The others are for other models.
OPTIONS = {"max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "stop": "stop_sequences"}

_loading = threading.Lock()


class HostedProvider:
    """One model of one endpoint, for a target such as `openai/gpt-4`."""

    def __init__(self, target: str) -> None:
        service, _, self.name = target.partition("/")
        endpoint = find_endpoint(service)
        if endpoint is None or not self.name:
            hint = next((f"set {known.setting} here, too" for known in SERVICES if known.name == service), "")
            raise ModelUnavailable(target, hint)
        self.endpoint = endpoint

    async def generate(self, request: GenerationRequest) -> GenerationReply:
        given = [part for part in (request.prompt, request.text) if part and not part.isspace()]
        if not given:
            raise InvalidParameters("the prompt is empty; there is nothing to send to the model")
        options = dict(request.options)
        if isinstance(options.get("stop"), str):
            options["stop"] = [options["stop"]]
        settings = {OPTIONS[name]: value for name, value in options.items() if name in OPTIONS}
        exchange = await self._open(request)
        written = await exchange.write("\n\n".join(given), system=request.system, settings=settings)
        return GenerationReply(
            text=written.text,
            details={"finish_reason": written.finish_reason},
            ignored=(*(name for name in options if name not in OPTIONS), *written.ignored),
            **self._known(exchange),
        )

    async def extract(self, request: ExtractionRequest) -> ExtractionReply:
        if _is_blank(request.text):
            nothing = questions.without_surprises({}, request.schema)
            return ExtractionReply(model=self._target(self.name), usage={}, value=nothing, confidence={})
        exchange = await self._open(request)
        answer = await exchange.fill_in(questions.ask_for_fields(request))
        value = questions.without_surprises(answer, request.schema)
        return ExtractionReply(value=value, confidence={}, **self._known(exchange))

    async def classify(self, request: ClassificationRequest) -> ClassificationReply:
        if _is_blank(request.text):
            return _classified({"label": None}, request, {"model": self._target(self.name), "usage": {}})
        exchange = await self._open(request)
        answer = await exchange.fill_in(questions.ask_for_category(request))
        return _classified(answer, request, self._known(exchange))

    async def judge(self, request: JudgementRequest) -> JudgementReply:
        exchange = await self._open(request)
        answer = await exchange.fill_in(questions.ask_for_verdicts(request))
        found = sorted(answer["verdicts"], key=lambda verdict: verdict["criterion"])
        verdicts = tuple(Verdict(verdict["met"], verdict["reason"]) for verdict in found)
        return JudgementReply(verdicts=verdicts, **self._known(exchange))

    async def _open(self, request: Request) -> "Exchange":
        deadline = time.monotonic() + request.deadline_seconds
        exchange = await asyncio.to_thread(_load, self.endpoint)
        with _loading:  # making the first model imports, too
            return exchange(self.endpoint, self.name, request, deadline=deadline)

    def _known(self, exchange: "Exchange") -> dict[str, Any]:
        return {"model": self._target(exchange.answered_by), "usage": exchange.usage}

    def _target(self, name: str) -> str:
        return f"{self.endpoint.service.name}/{name}"


def _load(endpoint: Endpoint) -> type["Exchange"]:
    with _loading:
        from orchestration.providers.hosted.connections import PROTOCOLS
        from orchestration.providers.hosted.exchange import Exchange

        import_module(PROTOCOLS[endpoint.service.protocol])
        return Exchange


def _is_blank(text: str) -> bool:
    """Nothing can be found in it, so nobody is asked (a model would rather invent something)."""
    return not text or text.isspace()


def _classified(
    answer: Mapping[str, Any], request: ClassificationRequest, known: Mapping[str, Any]
) -> ClassificationReply:
    """The model's labels, less those whose score misses the threshold."""
    scores = {given["category"]: float(given["score"]) for given in answer.get("scores", ())}
    given = answer.get("labels", [answer.get("label")])
    floor = 0.0 if request.threshold is None else request.threshold
    labels = tuple(dict.fromkeys(label for label in given if label is not None and scores.get(label, floor) >= floor))
    best = labels[0] if labels else max(scores, key=lambda name: scores[name], default=None)
    confidence = None if best is None else scores.get(best)
    others = [score for name, score in scores.items() if name != best]
    return ClassificationReply(
        label=labels[0] if labels else None,
        labels=labels,
        scores=scores,
        confidence=confidence,
        margin=None if confidence is None or not others else confidence - max(others),
        ignored=("threshold",) if request.threshold is not None and not scores and not _is_blank(request.text) else (),
        **known,
    )
