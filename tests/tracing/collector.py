"""A collector on loopback that takes OTLP over HTTP and keeps the spans it was sent."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.services import PATIENCE_SECONDS, wait_until


@dataclass(frozen=True)
class Received:
    """A span as it arrived; identifiers in hex, times in seconds."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    attributes: dict[str, Any]
    links: list[str]
    failed: bool
    events: list[tuple[str, dict[str, Any]]]
    start: float
    end: float
    resource: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        """One of ours: `outcome` for `orchestration.outcome`."""
        return self.attributes[f"orchestration.{name}"]


@dataclass
class Collector:
    url: str = ""
    paths: list[str] = field(default_factory=list)
    spans: list[Received] = field(default_factory=list)

    def wait_for(self, name: str, number: int = 1, seconds: float = PATIENCE_SECONDS) -> list[Received]:
        """The spans of a name, in the order of their starts, once there are so many."""
        wait_until(lambda: len(self.named(name)) >= number, seconds)
        found = self.named(name)
        assert len(found) >= number, f"{len(found)} of {name!r} came, of {sorted(span.name for span in self.spans)}"
        return found

    def named(self, name: str) -> list[Received]:
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.start)


@contextmanager
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            found.spans += _spans(body)
            found.paths.append(self.path)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(body: bytes) -> Iterator[Received]:
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield Received(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    kind=span.kind,
                    attributes=_values(span.attributes),
                    links=[link.span_id.hex() for link in span.links],
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    events=[(event.name, _values(event.attributes)) for event in span.events],
                    start=span.start_time_unix_nano / 1e9,
                    end=span.end_time_unix_nano / 1e9,
                    resource=resource,
                )


def _values(attributes: Any) -> dict[str, Any]:
    return {attribute.key: _value(attribute.value) for attribute in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None
