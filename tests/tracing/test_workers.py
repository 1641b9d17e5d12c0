"""What a collector gets from real workers, and what workers do without one."""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes
from tests.providers.hosted.server import ModelServer, fail
from tests.services import find_free_port
from tests.tracing.collector import Collector

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLIENT = """
import json, sys
from opentelemetry import context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from orchestration import Pipeline, PipelineOrchestrator
from orchestration.handlers.catalog import load_handler_modules
orchestrator = PipelineOrchestrator()
load_handler_modules()
if sys.argv[2:]:
    context.attach(TraceContextTextMapPropagator().extract({"traceparent": sys.argv[2]}))
for pipeline in json.loads(sys.argv[1]):
    name = orchestrator.register_pipeline(Pipeline(pipeline))
    print(json.dumps(orchestrator.wait_sync(orchestrator.execute_pipeline_sync(name, {}), timeout=60)))
"""
RETRY = {"initial": 0.05, "max_delay": 0.1}
WITHOUT = """
import sys, json
from orchestration import Pipeline, PipelineOrchestrator
pipeline = {"name": "plain", "tasks": [{"name": "a", "type": "text_generation", "model": "local/summarize",
            "parameters": {"prompt": "One sentence. Another."}}]}
status = PipelineOrchestrator().run(Pipeline(pipeline), {})
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk.trace", "opentelemetry.exporter"))])
"""


def execute(processes: Processes, env: dict[str, str], tasks: list[dict[str, Any]], *caller: str) -> dict[str, Any]:
    (status,) = execute_each(processes, env, [tasks], *caller)
    return status


def execute_each(
    processes: Processes, env: dict[str, str], several: list[list[dict[str, Any]]], *caller: str
) -> list[dict[str, Any]]:
    """One execution after the other, each of a pipeline with these tasks."""
    pipelines = [{"name": "traced", "tasks": tasks} for tasks in several]
    done = processes.run("-c", CLIENT, json.dumps(pipelines), *caller, env=env)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def tasks(*written: dict[str, Any]) -> list[dict[str, Any]]:
    """One after the other."""
    chained = [{"dependencies": [before["name"]], **task} for before, task in pairwise(written)]
    return [{"retry": RETRY, **task} for task in (written[0], *chained)]


@pytest.mark.one_database
def test_a_collector_gets_the_callers_trace_with_each_attempt_and_each_question_to_a_model(
    processes: Processes, work_environment: WorkEnvironment, spans: Collector
) -> None:
    with ModelServer() as models:
        models.script(lambda asked: fail(asked, 429, "slow down"))
        env = work_environment(
            OTEL_EXPORTER_OTLP_ENDPOINT=spans.url,
            OTEL_SERVICE_NAME="ours",
            OTEL_BSP_SCHEDULE_DELAY="100",
            OPENAI_BASE_URL=f"{models.url}/v1",
            TASK_HANDLER_MODULES="tests.sample_handlers",
            PYTHONPATH=".",
        )
        processes.worker("--concurrency", "2", env=env)
        asking = {"name": "ask", "type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "Hello"}}
        dying = {"name": "lost", "type": "die", "parameters": {"times": 1}}
        broken = {"name": "broken", "type": "raise", "retry": {"max_attempts": 1}}
        status = execute(processes, env, tasks(dying, asking, broken), CALLER)
    assert status["status"] == "failed"
    (execution,) = spans.wait_for("pipeline traced")
    asked, lost = spans.wait_for("task ask", 2), spans.wait_for("task lost", 2)
    (last,) = spans.wait_for("task broken")
    calls = spans.wait_for("chat gpt-4", 2)
    assert {span.trace_id for span in spans.spans} == {CALLER[3:35]}
    assert {span.resource["service.name"] for span in spans.spans} == {"ours"}
    # What is whose child
    assert (execution.parent_id, execution["execution.id"]) == (CALLER[36:52], status["execution_id"])
    assert {span.parent_id for span in (*asked, *lost, last)} == {execution.span_id}
    assert [call.parent_id for call in calls] == [span.span_id for span in asked]
    # How it ended, and what came after what
    assert (execution["outcome"], execution.failed) == ("failed", True)
    assert [(span["outcome"], span.failed) for span in asked] == [("failed", True), ("completed", False)]
    assert [(span["outcome"], span.failed) for span in lost] == [("crashed", True), ("completed", False)]
    assert [span.links for span in (*asked, *lost)] == [[], [asked[0].span_id], [], [lost[0].span_id]]
    assert last.events[0][1]["exception.type"] == "ZeroDivisionError"
    # Who did what
    second = asked[1]
    assert (second["pipeline"], second["task"], second["attempt"]) == ("traced", "ask", 2)
    assert ":" in second["worker"]
    assert second["model"] == "openai/gpt-4-0613"
    assert calls[0].attributes["error.type"] == "rate_limited"
    assert calls[1].attributes["gen_ai.request.model"] == "gpt-4"
    used = [calls[1].attributes[f"gen_ai.usage.{kind}_tokens"] for kind in ("input", "output")]
    assert used == [10, 5]
    # The model's service is told, too
    told = [asked.headers["traceparent"].split("-") for asked in models.requests]
    assert [(part[1], part[2]) for part in told] == [(CALLER[3:35], call.span_id) for call in calls]


@pytest.mark.one_database
def test_lines_of_the_log_name_the_trace(
    processes: Processes, work_environment: WorkEnvironment, spans: Collector
) -> None:
    env = work_environment(
        OTEL_EXPORTER_OTLP_ENDPOINT=spans.url, TASK_HANDLER_MODULES="tests.tracing.saying", PYTHONPATH="."
    )
    worker = processes.worker("--pool", "threads", "--concurrency", "1", env=env)
    names = ("first", "second")
    pipelines = [tasks({"name": name, "type": "say_async", "parameters": {"word": name}}) for name in names]
    for name, status in zip(names, execute_each(processes, env, pipelines), strict=True):
        trace = status["execution_id"].replace("-", "")
        worker.wait_for(rf"said {name} .*trace_id={trace}")
    worker.stop()
    assert len(spans.wait_for("pipeline traced", 2, seconds=0.1)) == 2, "what was not sent yet is sent at the end"


@pytest.mark.one_database
def test_without_an_answer_from_the_collector_nothing_fails_and_nothing_waits(
    processes: Processes, work_environment: WorkEnvironment, tmp_path: Path
) -> None:
    env = work_environment(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{find_free_port()}",
        OTEL_BSP_SCHEDULE_DELAY="20",
        OTEL_BSP_MAX_QUEUE_SIZE="8",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="4",
        TASK_HANDLER_MODULES="tests.sample_handlers",
        PYTHONPATH=".",
    )
    worker = processes.worker("--concurrency", "1", env=env)
    echoes = [{"name": f"t{number}", "type": "echo"} for number in range(40)]
    status = execute(processes, env, echoes)
    assert (status["status"], len(status["tasks"])) == ("completed", 40)
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 25, "the exporter alone would try for half a minute"
    assert "Traceback" not in worker.read_log()


@pytest.mark.one_database
def test_off_nothing_of_it_is_imported(processes: Processes, work_environment: WorkEnvironment) -> None:
    """redis-py loads the metrics of an SDK that is installed; spans and their exporter are ours."""
    done = processes.run("-c", WITHOUT, env=work_environment(PYTHONPATH="."))
    assert done.stdout.strip().splitlines()[-1] == "[]", done.stderr
