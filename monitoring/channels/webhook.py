"""Messages as signed JSON to a webhook (https://www.standardwebhooks.com), which never reaches a private network.

The name is resolved here, every address it has is looked at, and the connection goes to the very address that was
looked at, so that a name server cannot answer differently the second time. Redirects are not followed. Hosts inside
one's own network are allowed by name: ALERT_WEBHOOK_PRIVATE_HOSTS.
"""

import http.client
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from common.tls import trusted
from monitoring.exceptions import ForbiddenAddress, InvalidChannel, UndeliverableNotice
from reviews.notices.webhooks import sign

SECONDS = 10.0
"""For connecting, for the TLS handshake, and for everything after that together."""
READ_BYTES = 2_000


def check(target: str) -> None:
    parts = _split(target)
    if parts is None:
        raise InvalidChannel(
            f"{target[:100]!r} is no address for a webhook; write https://host/path, without a password"
        )


def obstacle(target: str) -> str:
    """Of an address written as such, and of this machine; other names are looked up when something is sent."""
    parts = _split(target)
    host = parts.hostname if parts else None
    if host is None or host in settings.ORCHESTRATION.alert_webhook_private_hosts:
        return ""
    try:
        reached = is_public(host)
    except ValueError:
        reached = host != "localhost" and not host.endswith(".localhost")
    return "" if reached else f"{host} is not public; an operator can allow it with ALERT_WEBHOOK_PRIVATE_HOSTS"


def send(target: str, content: Mapping[str, Any], message_id: str) -> str:
    parts = _split(target)
    if parts is None or parts.hostname is None:
        raise UndeliverableNotice("its address is none for a webhook")
    body = json.dumps(content)
    headers = sign(settings.ALERT_WEBHOOK_KEY, message_id, int(time.time()), body) | {
        "content-type": "application/json",
        "user-agent": "ai-pipeline-orchestration",
    }
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    connection = _connect(parts, parts.hostname)
    try:
        with _hung_up_after(connection.sock, SECONDS):
            connection.request("POST", path, body.encode(), headers)
            reply = connection.getresponse()
            reply.read(READ_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise UndeliverableNotice(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if not 200 <= reply.status < 300:
        raise UndeliverableNotice(f"HTTP {reply.status} {reply.reason}")
    return f"HTTP {reply.status}"


@contextmanager
def _hung_up_after(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Raises `TimeoutError`. A socket's own timeout begins anew with each byte, so a trickle would never end."""
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):  # it is closed already
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # past TLS, which would wait for the other side

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():  # what was read so far may look like an answer
        raise TimeoutError(f"no complete answer within {seconds:g} s")


def _split(target: str) -> SplitResult | None:
    """The parts of an http(s) address with a host and without a password; None for anything else."""
    try:
        parts = urlsplit(target)
        _ = parts.port  # raises for one that is no number
        (parts.hostname or "").encode("idna")  # as looking it up does: raises for an empty part or one over 63
    except ValueError:
        return None
    is_plain = target.isascii() and target.isprintable() and " " not in target
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    return parts if is_plain and is_web else None


def _connect(parts: SplitResult, host: str) -> http.client.HTTPConnection:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _allowed_address(host, port)
    try:
        tls = trusted() if parts.scheme == "https" else None
        plain = socket.create_connection((address, port), timeout=SECONDS)
        if tls:
            plain = tls.wrap_socket(plain, server_hostname=host)
    except OSError as error:
        raise UndeliverableNotice(f"{type(error).__name__}: {error}") from error
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.sock = plain
    connection.auto_open = 0
    return connection


def _allowed_address(host: str, port: int) -> str:
    """An address of the host that may be reached. Raises `ForbiddenAddress`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UndeliverableNotice(f"{host}: its name cannot be resolved ({error})") from error
    addresses = [str(entry[4][0]) for entry in found]
    if host in settings.ORCHESTRATION.alert_webhook_private_hosts:
        return addresses[0]
    for address in addresses:
        if not is_public(address):
            raise ForbiddenAddress(
                f"{host} is {address}, which is not public; an operator can allow it with ALERT_WEBHOOK_PRIVATE_HOSTS"
            )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address belongs to the open network: not private, loopback, link-local, multicast, reserved …"""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if parsed in ipaddress.IPv6Network("64:ff9b::/96"):  # NAT64 leads to an IPv4 address
            return False
    return parsed.is_global and not parsed.is_multicast
