"""Tracing as it is in a process whose environment names a collector."""

from collections.abc import Iterator

import pytest

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from orchestration.models import Execution
from orchestration.signals import execution_changed
from orchestration.tracing import provider, switch
from orchestration.tracing.executions import tell_of_end
from tests.tracing.collector import Collector, collector


@pytest.fixture
def spans() -> Iterator[Collector]:
    with collector() as started:
        yield started


@pytest.fixture
def tracing(spans: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """In this process, as at the start of one; `provider.close()` sends what there is."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", spans.url)
    switch.is_on.cache_clear()
    execution_changed.connect(tell_of_end, sender=Execution)
    yield spans
    execution_changed.disconnect(tell_of_end, sender=Execution)
    provider.close()
    provider._forget()
    switch.is_on.cache_clear()
