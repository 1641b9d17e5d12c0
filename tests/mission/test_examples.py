"""Every example of the product description, run as it stands there in a process of its own.

What differs is `SAID_OTHERWISE`: import paths, and what the description leaves to the reader (`...`, `/path/to/model`).
Around an example stands what it takes for granted (`before`), and what shows that it did its work (`after`).
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from orchestration.conf import EMBEDDED_BROKER_URL, OrchestrationConfig
from tests.conftest import WorkEnvironment
from tests.mission.cells import SEPARATOR
from tests.mission.description import read, read_variables
from tests.processes import ROOT, Processes
from tests.providers.hosted.server import Asked, ModelServer, Sent, say

DESCRIPTION = read()
SAID_OTHERWISE = {
    "app.services.ai.orchestration.human_loop": "reviews",
    "app.services.ai.orchestration.monitoring": "monitoring",
    "app.services.ai.orchestration": "orchestration",
    "Your document content here...": "Invoice INV-7. Amount due: 1,250.00 EUR, payable to Acme Ltd by bank transfer.",
    "/path/to/model": "model",
    "[...]": '["term", "notice period"]',
}
SET_UP = "1. Installation and Setup"
# Blocks that are no script: who runs them.
RUN_ELSEWHERE = {
    "Docker Configuration": "tests/deployment/test_files.py",
    "Docker Compose": "tests/deployment/test_stack.py",
}
ROUTES = {"MODEL_ROUTES": "gpt-4=local/extract,bert-base-uncased=local/classify"}
ORCHESTRATOR = "from orchestration import Pipeline, PipelineOrchestrator\norchestrator = PipelineOrchestrator()\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def example(title: str, run_as: Mapping[str, str] = SAID_OTHERWISE) -> str:
    """A section's code, with what the reader has to fill in filled in."""
    (block,) = DESCRIPTION[title].blocks
    for said, otherwise in run_as.items():
        block = block.replace(said, otherwise)
    return block


@pytest.fixture
def run(processes: Processes, tmp_path: Path) -> Run:
    """Runs cells of a script to their end; the errors of a failed one are shown."""

    def run(*cells: str, env: Mapping[str, str], fails: bool = False) -> "subprocess.CompletedProcess[str]":
        script = tmp_path / "example.py"
        script.write_text(SEPARATOR.join(cells))
        done = processes.run("-m", "tests.mission.cells", script, env=env)
        assert (done.returncode != 0) is fails, done.stderr
        return done

    return run


def test_every_example_is_run() -> None:
    shown = {title for title, section in DESCRIPTION.items() if section.blocks}
    assert shown == {*re.findall(r'example\("(.+?)"', Path(__file__).read_text()), SET_UP, *RUN_ELSEWHERE}
    assert [path for path in RUN_ELSEWHERE.values() if not (ROOT / path).exists()] == []


QUICK_START = (example(SET_UP), example("2. Define a Pipeline"), example("3. Execute Pipeline"))
THEN = """
status = await orchestrator.wait(execution_id, timeout=60)
print(f"Then: {status['status']} {status['tasks']['classify_document']['output']['label']}")
"""


@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "redis"])
def test_quick_start_registers_executes_and_tells_the_status(
    work_environment: WorkEnvironment, processes: Processes, run: Run, broker: bool
) -> None:
    env = work_environment(broker=broker) | ROUTES
    processes.worker(env=env)
    for _ in ("once", "and again") if not broker else ("once",):
        first, then = run(*QUICK_START, THEN, env=env).stdout.splitlines()
        assert first in [f"Pipeline status: {status}" for status in ("pending", "running", "completed")]
        assert then == "Then: completed financial"


def test_quick_start_without_routes_names_the_setting_that_is_missing(
    work_environment: WorkEnvironment, run: Run
) -> None:
    errors = run(*QUICK_START, env=work_environment(), fails=True).stderr
    assert "UnknownModel" in errors
    assert "MODEL_ROUTES" in errors


def test_on_a_fresh_checkout_the_missing_migration_is_named(work_environment: WorkEnvironment, run: Run) -> None:
    errors = run(example(SET_UP), env=work_environment(migrated=False), fails=True).stderr
    assert "DatabaseNotReady: The database has no tables yet. Run: python manage.py migrate" in errors


def test_model_version_management_may_run_twice(work_environment: WorkEnvironment, run: Run, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.onnx").write_bytes(b"weights")
    cell = example("4. Model Version Management", {"/path/to/model": str(model)})
    after = """
print(model_version.pin == model_info.pin, model_info.version, model_info.is_default, model_info.metrics)
print(sorted(path.name for path in model_info.path.iterdir()), model_info.description)
"""
    env = work_environment()
    for _ in range(2):
        done = run(ORCHESTRATOR, cell, after, env=env)
        assert done.stdout.splitlines() == [
            "True v2.1.0 True {'accuracy': 0.95}",
            "['model.onnx'] Enhanced classification model",
        ]


def test_human_in_the_loop_may_run_twice(work_environment: WorkEnvironment, processes: Processes, run: Run) -> None:
    after = """
print(hitl_manager.assign(review_id))
token = hitl_manager.claim(review_id, "expert_001")
review = hitl_manager.decide(review_id, "approve", "expert_001", comment="looks right", token=token)
print(review["status"], review["priority"], review["input"]["document"])
for line in hitl_manager.history(review_id):
    print("-", line["sentence"])
"""
    env = work_environment()
    for _ in range(2):
        assert run(ORCHESTRATOR, example("5. Human-in-the-Loop"), after, env=env).stdout.splitlines() == [
            "expert_001",
            "decided high contract.pdf",
            "- the system asked for a review of legal_validation",
            "- routing gave it to Dr. Jane Smith: the only one who could take it; has room",
            "- Dr. Jane Smith started reviewing",
            "- Dr. Jane Smith approved it: looks right",
        ]
    listed = json.loads(processes.run("manage.py", "reviewers", "expert_001", "--events", "--json", env=env).stdout)
    assert listed["reviewers"][0]["specializations"] == ["legal:3", "compliance:3"]
    assert [event["kind"] for event in listed["events"]] == ["reviewer.registered"], "the second time changed nothing"


def test_monitoring_and_alerts_may_run_twice(work_environment: WorkEnvironment, run: Run) -> None:
    before = """
parameters = {"categories": ["legal", "technical"]}
task = {"name": "classify", "type": "classification", "model": "local/classify", "parameters": parameters}
orchestrator.register_pipeline(Pipeline({"name": "document_analysis", "tasks": [task]}), "document_analysis")
"""
    after = """
rules = AlertRule.objects.filter(pipeline="document_analysis")
print([(rule.name, rule.severity, rule.threshold) for rule in rules], monitor.monitoring_active)
"""
    env = work_environment()
    for _ in range(2):
        done = run(ORCHESTRATOR, before, example("6. Monitoring and Alerts"), after, env=env)
        assert done.stdout.splitlines() == [
            "System success rate: 100.00%",
            "[('High Error Rate Alert', 'warning', 0.1)] True",
        ]


def test_custom_task_handlers(work_environment: WorkEnvironment, run: Run) -> None:
    before = 'def perform_analysis(input_data):\n    return {"words": len(input_data["text"].split())}\n'
    after = """
pipeline = Pipeline({"name": "analysis", "tasks": [{"name": "analyse", "type": "custom_analysis"}]})
status = orchestrator.run(pipeline, {"text": "three short words"})
print(status["status"], status["output"]["analyse"]["analysis_result"])
"""
    done = run(ORCHESTRATOR, before, example("Custom Task Handlers"), after, env=work_environment())
    assert done.stdout == "completed {'words': 3}\n"
    assert "only run() here can use it" in done.stderr


def test_pipeline_callbacks(work_environment: WorkEnvironment, run: Run) -> None:
    before = """
def send_completion_notification(execution):
    print(f"notified about {execution.pipeline_name}")


def log_pipeline_error(execution):
    print(f"logged: {execution.error}")
"""
    after = """
from orchestration import TaskError


def check(task_config, input_data, context):
    if input_data["amount"] < 0:
        raise TaskError("the amount is negative")
    return {"ok": True}


orchestrator.task_manager.task.register_task_handler("check", check)
pipeline = Pipeline({"name": "checks", "tasks": [{"name": "check", "type": "check"}]})
orchestrator.run(pipeline, {"amount": 1})
orchestrator.run(pipeline, {"amount": -1})
"""
    done = run(ORCHESTRATOR, before, example("Pipeline Callbacks"), after, env=work_environment())
    assert done.stdout.splitlines() == [
        "Pipeline checks completed: completed",
        "notified about checks",
        "Pipeline checks completed: failed",
        "Pipeline checks failed: the amount is negative",
        "logged: the amount is negative",
    ]


@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "redis"])
def test_cache_optimization(work_environment: WorkEnvironment, run: Run, broker: bool) -> None:
    before = 'input_data = {"key_field": "document-17"}\nresult = {"analysis": ["legal", 0.95]}\n'
    after = """
key = generate_cache_key("analysis", input_data)
print(cache.get(key))
cache.delete_by_tags(["analysis"])
print(cache.get(key))
"""
    done = run(ORCHESTRATOR, before, example("Cache Optimization"), after, env=work_environment(broker=broker))
    assert done.stdout.splitlines() == ["{'analysis': ['legal', 0.95]}", "None"]
    assert done.stderr == ""


@pytest.fixture(scope="module")
def gpt_4_server() -> Iterator[ModelServer]:
    """Stands for OpenAI; answers with what it was asked, so that each step shows in the next."""

    def repeat(asked: Asked) -> Sent:
        return say(asked, f"<{asked.body['messages'][-1]['content']}>")

    with ModelServer() as server:
        server.fallback = repeat
        yield server


@pytest.fixture
def gpt_4(gpt_4_server: ModelServer) -> ModelServer:
    """The same, which nobody has asked yet."""
    gpt_4_server.requests.clear()
    return gpt_4_server


@pytest.fixture(scope="module")
def env_with_gpt_4(
    shared_environment: WorkEnvironment, gpt_4_server: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """With a worker."""
    env = shared_environment(OPENAI_BASE_URL=f"{gpt_4_server.url}/v1", OPENAI_API_KEY="sk-canary")
    processes = Processes(tmp_path_factory.mktemp("gpt-4"))
    try:
        processes.worker("--loglevel", "DEBUG", env=env)
        yield env
    finally:
        processes.close()


CONTENT_GENERATION = f"""
pipeline_id = orchestrator.register_pipeline(Pipeline.from_yaml('''{example("YAML Configuration")}'''))
execution_id = orchestrator.execute_pipeline_sync(pipeline_id, {{"text": "Write about lighthouses."}})
"""


def test_yaml_configuration(env_with_gpt_4: dict[str, str], run: Run, gpt_4: ModelServer) -> None:
    after = "import json\nprint(json.dumps(orchestrator.wait_sync(execution_id, timeout=60)))\n"
    status = json.loads(run(ORCHESTRATOR, CONTENT_GENERATION, after, env=env_with_gpt_4).stdout)
    assert status["output"] == {"final_content": "<Refine: <Write about lighthouses.>>"}
    assert [(asked.body["model"], asked.body["temperature"]) for asked in gpt_4.requests] == [
        ("gpt-4", 0.7),
        ("gpt-4", 0.5),
    ]
    assert gpt_4.requests[0].body["max_tokens"] == 2000
    assert status["tasks"]["refine_content"]["usage"] == {"requests": 1, "input_tokens": 10, "output_tokens": 5}


def test_yaml_configuration_without_the_setting_names_it(work_environment: WorkEnvironment, run: Run) -> None:
    errors = run(ORCHESTRATOR, CONTENT_GENERATION, env=work_environment(), fails=True).stderr
    assert "UnknownModel" in errors
    assert "set OPENAI_API_KEY or OPENAI_BASE_URL" in errors


def test_debug_mode(env_with_gpt_4: dict[str, str], run: Run) -> None:
    before = """
import json
task = {"name": "greet", "type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "Say hello."}}
pipeline_id = orchestrator.register_pipeline(Pipeline({"name": "greeting", "tasks": [task]}), "greeting")
execution_id = orchestrator.execute_pipeline_sync(pipeline_id, {})
orchestrator.wait_sync(execution_id, timeout=60)
"""
    done = run(ORCHESTRATOR, before, example("Debug Mode"), env=env_with_gpt_4)
    status = json.loads(done.stdout)
    assert (status["status"], status["tasks"]["greet"]["output"]["text"]) == ("completed", "<Say hello.>")
    assert "sk-canary" not in done.stdout + done.stderr


VARIABLES = read_variables(example("Environment Variables"))
# Where nothing set is more useful than the value of the example: no Redis, a small machine, a folder of one's own.
OTHER_DEFAULTS = {
    "REDIS_PASSWORD": "",
    "CELERY_BROKER_URL": EMBEDDED_BROKER_URL,
    "CELERY_RESULT_BACKEND": "django-db",
    "CELERY_WORKER_CONCURRENCY": None,
    "MODEL_REGISTRY_PATH": OrchestrationConfig().data_dir / "models",
}
SET_OTHERWISE = {
    "REDIS_HOST": "redis.example.org",
    "REDIS_PORT": "6380",
    "REDIS_DB": "3",
    "REDIS_PASSWORD": "s3cret",
    "CELERY_WORKER_CONCURRENCY": "7",
    "CACHE_DEFAULT_TTL": "77",
    "CACHE_MAX_SIZE": "64kB",
    "CACHE_STRATEGY": "lfu",
    "MONITORING_ENABLED": "false",
    "METRICS_RETENTION_DAYS": "3",
    "HITL_DEFAULT_TIMEOUT_HOURS": "6",
    "MAX_PARALLEL_TASKS": "2",
    "DEFAULT_TASK_TIMEOUT": "45",
}
WIRED = """
import json

from config.celery import app
from django.conf import settings

celery = {name: app.conf[name] for name in ("broker_url", "result_backend", "worker_concurrency")}
print(json.dumps({**celery, "cache": settings.CACHES["default"]["LOCATION"]}))
"""
EFFECTS = """
import json
from datetime import UTC, datetime
from pathlib import Path

from monitoring.services.retention import kept_since
from monitoring.states import Level
from orchestration.cache.installed import get_installed
from orchestration.models import Execution, TaskRun
from reviews.models import ReviewRequest

Path("weights").write_bytes(b"weights")
orchestrator.version_manager.register_model("classifier", "v1", "weights")
orchestrator.cache.set("key", "value")
orchestrator.human_loop_manager.create_review(task_name="check", task_type="validation", input_data={})
task = {"name": "write", "type": "text_generation", "model": "local/summarize", "parameters": {"input": "A text."}}
orchestrator.execute_pipeline_sync(orchestrator.register_pipeline(Pipeline({"name": "one", "tasks": [task]})), {})
memory, review, now = get_installed().levels.memory, ReviewRequest.objects.get(), datetime(2026, 1, 31, tzinfo=UTC)
print(json.dumps({
    "CACHE_DEFAULT_TTL": round(orchestrator.cache.explain("key")["expires_in_seconds"]),
    "CACHE_MAX_SIZE": memory.capacity,
    "CACHE_STRATEGY": memory.strategy,
    "MONITORING_ENABLED": orchestrator.monitor.monitoring_active,
    "METRICS_RETENTION_DAYS": (now - kept_since(Level.MINUTE, now)).days,
    "HITL_DEFAULT_TIMEOUT_HOURS": round((review.due_at - review.created_at).total_seconds() / 3600, 2),
    "MAX_PARALLEL_TASKS": Execution.objects.get().max_parallel,
    "DEFAULT_TASK_TIMEOUT": TaskRun.objects.get().timeout_seconds,
}))
"""


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_has_the_default_of_the_description_or_a_better_one(name: str) -> None:
    given = getattr(OrchestrationConfig.from_env({name: VARIABLES[name]}), name.lower())
    assert str(given).lower().removesuffix(".0") == VARIABLES[name].lower()
    assert getattr(OrchestrationConfig.from_env({}), name.lower()) == OTHER_DEFAULTS.get(name, given)


def test_the_variables_of_redis_and_celery_reach_them(work_environment: WorkEnvironment, run: Run) -> None:
    env = work_environment(migrated=False) | SET_OTHERWISE | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    assert json.loads(run(WIRED, env=env).stdout) == {
        "broker_url": "redis://:s3cret@redis.example.org:6380/1",
        "result_backend": "django-db",
        "worker_concurrency": 7,
        "cache": "redis://:s3cret@redis.example.org:6380/3",
    }
    urls = {name: VARIABLES[name] for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND")}
    wired = json.loads(run(WIRED, env=env | urls).stdout)
    assert (wired["broker_url"], wired["result_backend"]) == ("redis://localhost:6379/1", "redis://localhost:6379/2")


def test_every_other_variable_changes_what_is_done(work_environment: WorkEnvironment, run: Run, tmp_path: Path) -> None:
    without_redis = {name: value for name, value in SET_OTHERWISE.items() if not name.startswith(("REDIS", "CELERY"))}
    env = work_environment() | without_redis | {"MODEL_REGISTRY_PATH": str(tmp_path / "registered")}
    folder = f"import os\nos.chdir({str(tmp_path)!r})\n"
    assert json.loads(run(ORCHESTRATOR, folder, EFFECTS, env=env).stdout) == {
        "CACHE_DEFAULT_TTL": 77,
        "CACHE_MAX_SIZE": 64_000,
        "CACHE_STRATEGY": "lfu",
        "MONITORING_ENABLED": False,
        "METRICS_RETENTION_DAYS": 3,
        "HITL_DEFAULT_TIMEOUT_HOURS": 6.0,
        "MAX_PARALLEL_TASKS": 2,
        "DEFAULT_TASK_TIMEOUT": 45.0,
    }
    assert b"weights" in [path.read_bytes() for path in (tmp_path / "registered").rglob("*") if path.is_file()]


def test_every_variable_of_the_description_is_among_them() -> None:
    assert len(VARIABLES) == 16
    assert set(VARIABLES) == set(SET_OTHERWISE) | {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "MODEL_REGISTRY_PATH"}
