"""When executions are traced, and what is said when they are not."""

import pytest

from orchestration.conf import ConfigurationError, OrchestrationConfig
from orchestration.tracing import switch
from orchestration.tracing.switch import read_switch

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:secret@collector:4318?key=secret"}


@pytest.mark.parametrize(
    ("environ", "is_on"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, False),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "otlp,console"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
    ],
)
def test_the_standard_variables_say_whether(environ: dict[str, str], is_on: bool) -> None:
    found = read_switch(environ)
    assert found.is_on == is_on
    assert "secret" not in found.said


def test_missing_packages_are_told_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "PACKAGES", ("opentelemetry.sdk", "no_such.package"))
    found = read_switch(ENDPOINT)
    assert (found.is_on, found.hint) == (False, "pip install -r requirements-tracing.txt")


@pytest.mark.parametrize("address", ["jaeger/{trace_id}", "https://jaeger/trace", "javascript:alert('{trace_id}')"])
def test_an_address_that_leads_to_no_trace_stops_the_start(address: str) -> None:
    with pytest.raises(ConfigurationError, match="TRACING_URL"):
        OrchestrationConfig.from_env({"TRACING_URL": address})
