"""A server on loopback that speaks OpenAI's chat-completions protocol and Anthropic's messages protocol, as scripted.

Owns the wire: what was asked is in `requests`, what comes back is the next of `replies` (then `fallback`, each time).
The functions at the end write replies of either protocol, sound ones and broken ones.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

OPENAI_PATH = "/v1/chat/completions"
ANTHROPIC_PATH = "/v1/messages"


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    connection: int
    """A number for each TCP connection, from 1."""

    @property
    def text(self) -> str:
        """Everything said in it."""
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Sent:
    """A reply: `body` as it is, or as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    lost_bytes: int = 0
    """This many of the announced bytes are not sent before the connection is closed."""


class ModelServer:
    """Start with `with`; `url` is the address without `/v1`."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.replies: deque[Sent | Callable[[Asked], Sent]] = deque()
        self.fallback: Callable[[Asked], Sent] = lambda asked: say(asked, "All is well.")
        self._connections = 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.model_server = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def script(self, *replies: Sent | Callable[[Asked], Sent]) -> None:
        """What to answer next, in order."""
        self.replies.extend(replies)

    def connected(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def answer(self, asked: Asked) -> Sent:
        with self._lock:
            self.requests.append(asked)
            reply = self.replies.popleft() if self.replies else self.fallback
        sent = reply(asked) if callable(reply) else reply
        if sent.delay:
            self._stopped.wait(sent.delay)
        return sent


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a connection kept alive by a client would hold the end up
    model_server: ModelServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and waiting to join them takes 40 ms
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection_number = self.server.model_server.connected()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        self._send(self.server.model_server.answer(Asked(path, headers, body, self.connection_number)))

    def _send(self, sent: Sent) -> None:
        body = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body).encode()
        try:
            self.send_response(sent.status)
            for name, value in {"content-type": "application/json", **sent.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - sent.lost_bytes])
        except OSError:
            pass  # the client has gone, as clients do that stop waiting
        self.close_connection = self.close_connection or bool(sent.lost_bytes)

    def log_message(self, *words: Any) -> None:
        """Nothing: what was asked is in `requests`."""


# Replies of either protocol, by who asks ------------------------------------------------------------------------------


def say(asked: Asked, text: str, *, finish: str | None = None, model: str | None = None) -> Sent:
    """A text."""
    if asked.path == ANTHROPIC_PATH:
        return _message(asked, [{"type": "text", "text": text}] if text else [], finish or "end_turn", model)
    return _completion(asked, {"role": "assistant", "content": text}, finish or "stop", model)


def fill_in(asked: Asked, answer: Any) -> Sent:
    """A structured answer, in the way it was asked for; text is sent as it is, so it may be broken JSON."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    if not asked.body.get("tools"):
        return say(asked, text)
    if asked.path == ANTHROPIC_PATH:
        call = {"type": "tool_use", "id": "call_1", "name": "answer", "input": answer}
        return _message(asked, [call], "tool_use", None)
    function = {"name": "answer", "arguments": text}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    return _completion(asked, {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls", None)


def refuse(asked: Asked, why: str) -> Sent:
    if asked.path == ANTHROPIC_PATH:
        return _message(asked, [], "refusal", None)
    return _completion(asked, {"role": "assistant", "content": None, "refusal": why}, "stop", None)


def fail(asked: Asked, status: int, message: str, *, code: str | None = None, **headers: str) -> Sent:
    """An error as the services word it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if asked.path == ANTHROPIC_PATH:
        return Sent({"type": "error", "error": {"type": code or "api_error", "message": message}}, status, named)
    return Sent({"error": {"message": message, "type": "error", "code": code, "param": None}}, status, named)


def late(reply: Sent, seconds: float) -> Sent:
    return replace(reply, delay=seconds)


def _completion(asked: Asked, message: dict[str, Any], finish: str, model: str | None) -> Sent:
    return Sent(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model or f"{asked.body['model']}-0613",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }
    )


def _message(asked: Asked, content: list[dict[str, Any]], finish: str, model: str | None) -> Sent:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model or f"{asked.body['model']}-0613",
        "content": content,
        "stop_reason": finish,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }
    # Long answers are asked for as a stream of events.
    return _stream(message) if asked.body.get("stream") else Sent(message)


def _stream(message: dict[str, Any]) -> Sent:
    """The same message as server-sent events."""
    start = {**message, "content": [], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 0}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(message["content"]):
        empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block.get("text")}
        if block["type"] == "tool_use":
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events += [
            {"type": "content_block_start", "index": index, "content_block": empty},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events += [{"type": "message_delta", "delta": ended, "usage": {"output_tokens": 5}}, {"type": "message_stop"}]
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Sent(body.encode(), headers={"content-type": "text/event-stream"})
