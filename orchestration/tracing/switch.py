"""Whether executions are traced: the standard OTEL_* variables say so, if the packages are there.

An endpoint in the environment may be meant for other programs, so what is missing here is no reason not to start; the
health check "tracing" tells it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from urllib.parse import urlsplit

from common.health import Check

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
INSTALL = "pip install -r requirements-tracing.txt"


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off, and why; `hint` when somebody seems to want it on and it is off."""

    is_on: bool
    said: str
    hint: str | None = None


def read_switch(environ: Mapping[str, str]) -> Switch:
    """What an environment asks for. Looks for packages, imports none that is not there already."""
    endpoint, protocol = _first(environ, ENDPOINTS), _first(environ, PROTOCOLS) or PROTOCOL
    exporters = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if not endpoint:
        return Switch(False, f"off: {ENDPOINTS[1]} is not set")
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Switch(False, "off: OTEL_SDK_DISABLED=true")
    if "otlp" not in exporters.split(","):
        return Switch(False, f"off: OTEL_TRACES_EXPORTER={exporters}")
    if protocol != PROTOCOL:
        hint = f"set {PROTOCOLS[1]}={PROTOCOL} and the collector's port for it, usually 4318"
        return Switch(False, f"off: OTLP is spoken over {PROTOCOL} only, not {protocol}", hint)
    if not all(map(_is_there, PACKAGES)):
        return Switch(False, f"off: {ENDPOINTS[1]} is set, but the packages for tracing are missing", INSTALL)
    return Switch(True, f"spans go to {_without_secrets(endpoint)}")


@cache
def is_on() -> bool:
    return read_switch(os.environ).is_on


def tracing_check() -> Iterator[Check]:
    """For `doctor` and the health page. A collector that is away is no trouble of ours, so it is not asked."""
    switch = read_switch(os.environ)
    yield Check(
        "configured",
        "tracing",
        "warning" if switch.hint else "ok" if switch.is_on else "note",
        switch.said,
        switch.hint,
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # what it lies in is not there either
        return False


def _without_secrets(url: str) -> str:
    """An address as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
