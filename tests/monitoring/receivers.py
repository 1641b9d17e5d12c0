"""Whoever is told: a real SMTP server and an HTTP server on loopback, which keep what they were sent."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    """What arrived."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.messages.append(BytesParser(policy=default).parsebytes(envelope.content))
        return "250 kept"


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass
class Posts:
    """What was posted: headers in lower case, and the body as it came. Replies with `status`."""

    url: str = ""
    status: int = 204
    location: str = ""
    received: list[tuple[dict[str, str], str]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]


@contextmanager
def web_server(tls: ssl.SSLContext | None = None) -> Iterator[Posts]:
    """With `tls` it speaks HTTPS."""
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            posts.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(posts.status)
            if posts.location:
                self.send_header("location", posts.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    posts.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/alerts"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield posts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def trickling_server(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answers one connection with a header that never ends, a byte at a time, until it is hung up on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            accepted, _ = listening.accept()
            with tls.wrap_socket(accepted, server_side=True) if tls else accepted as connected:
                try:
                    connected.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                    for _ in range(200):
                        connected.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()
