"""Spans of what an execution goes through, as a collector gets them, with the engine in this process."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from opentelemetry import trace

from orchestration.engine import runner, store
from orchestration.engine.outcomes import Claimant
from orchestration.models import Execution
from orchestration.services.executions import cancel_execution, execute_pipeline, rerun_execution
from orchestration.tracing import provider
from orchestration.tracing.identifiers import TraceContext, execution_span_id
from tests.engine import flow
from tests.tracing.collector import Collector

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CALLER[:-2] + "00"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_if_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be told after a commit is told at once, though the test is one transaction."""
    monkeypatch.setattr(transaction, "on_commit", lambda tell, **_: tell())


def work(who: Claimant) -> None:
    while claim := store.claim_oldest(who):
        runner.work_on(claim, who)


def sent(found: Collector) -> Collector:
    provider.close()
    return found


def test_an_execution_nobody_called_for_has_the_trace_of_its_own_id(tracing: Collector) -> None:
    execution = flow.start(flow.CHAIN)
    assert execution.trace_id == execution.pk.hex
    work(flow.claimant())
    (whole,) = sent(tracing).named("pipeline flow")
    assert (whole.trace_id, whole.parent_id) == (execution.pk.hex, "")
    assert [span.parent_id for name in "abc" for span in tracing.named(f"task {name}")] == [whole.span_id] * 3
    assert whole.start <= tracing.named("task a")[0].start
    assert whole["outcome"] == "completed"


def test_what_is_started_inside_a_span_belongs_to_it(tracing: Collector) -> None:
    with provider.provider().get_tracer("tests").start_as_current_span("ours") as span:
        execution = flow.start()
    assert execution.trace_id == f"{span.get_span_context().trace_id:032x}"
    work(flow.claimant())
    (whole,) = sent(tracing).named("pipeline flow")
    assert whole.parent_id == f"{span.get_span_context().span_id:016x}"


def test_the_context_is_written_with_the_execution_and_by_no_further_statement(
    tracing: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> int:
        with CaptureQueriesContext(connection) as counted:
            execute_pipeline(pipeline_id="flow", input_data={})
        return len(counted)

    flow.start()
    traced = start()
    monkeypatch.setattr("orchestration.tracing.is_on", lambda: False)
    assert start() == traced
    assert sorted(map(bool, Execution.objects.values_list("traceparent", flat=True))) == [False, True, True]


def test_a_caller_that_is_not_sampled_is_kept_and_nothing_is_sent(tracing: Collector) -> None:
    context = provider.remote(TraceContext.parse(UNSAMPLED))
    with trace.use_span(trace.NonRecordingSpan(context)):
        execution = flow.start()
    work(flow.claimant())
    assert execution.traceparent == UNSAMPLED
    assert not sent(tracing).spans


def test_an_execution_written_where_nothing_was_traced_still_gets_one_trace(tracing: Collector) -> None:
    execution = flow.start(flow.CHAIN)
    Execution.objects.update(traceparent="")
    work(flow.claimant())
    assert {span.trace_id for span in sent(tracing).spans} == {execution.pk.hex}
    assert len(tracing.spans) == 4


def test_a_rerun_is_linked_to_what_it_repeats(tracing: Collector) -> None:
    first = flow.start(tasks={"a": {"type": "fail"}})
    work(flow.claimant())
    again = rerun_execution(execution_id=first.pk)
    work(flow.claimant())
    whole = {span.trace_id: span for span in sent(tracing).named("pipeline flow")}
    assert whole[again.pk.hex].links == [f"{execution_span_id(first.pk):016x}"]
    assert whole[first.pk.hex].failed


def test_a_cancelled_execution_says_so(tracing: Collector) -> None:
    execution = flow.start()
    cancel_execution(execution_id=execution.pk)
    (whole,) = sent(tracing).named("pipeline flow")
    assert whole["outcome"] == "cancelled"


def test_what_comes_too_late_is_told_as_discarded(tracing: Collector) -> None:
    execution, who = flow.start(), flow.claimant()
    claim = flow.take(who)
    cancel_execution(execution_id=execution.pk)
    runner.work_on(claim, who)
    (attempt,) = sent(tracing).named("task a")
    assert attempt["outcome"] == "discarded"


@pytest.fixture
def browser(tracing: Collector, admin_user: Any) -> Client:
    client = Client()
    client.force_login(admin_user)
    return client


def test_rest_takes_the_callers_trace_over_and_shows_it(browser: Client) -> None:
    flow.start()
    asked = {"pipeline": "flow", "input": {}}
    with override_settings(ORCHESTRATION=_with_url("https://jaeger.example.com/trace/{trace_id}?a=1")):
        reply = browser.post("/api/v1/executions", asked, "application/json", headers={"traceparent": CALLER})
        shown = reply.json()
        page = browser.get(f"/executions/{shown['id']}/").content.decode()
    assert Execution.objects.get(pk=shown["id"]).traceparent == CALLER
    assert shown["trace_id"] == CALLER[3:35]
    assert shown["trace_url"] == f"https://jaeger.example.com/trace/{CALLER[3:35]}?a=1"
    assert f'href="{shown["trace_url"]}"' in page


@pytest.mark.parametrize("header", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", CALLER[:-2] + "zz"])
def test_a_header_that_is_none_is_passed_over(browser: Client, header: str) -> None:
    flow.start()
    reply = browser.post(
        "/api/v1/executions", {"pipeline": "flow"}, "application/json", headers={"traceparent": header}
    )
    assert reply.status_code == 201
    assert reply.json()["trace_id"] == reply.json()["id"].replace("-", "")
    assert reply.json()["trace_url"] is None


def _with_url(url: str) -> Any:
    return settings.ORCHESTRATION.model_copy(update={"tracing_url": url})
