"""Short words for REST tests: send a definition, start an execution, read a problem."""

import json
from typing import Any

from django.urls import URLPattern, URLResolver, reverse
from rest_framework.test import APIClient

from config.urls import api_v1
from orchestration.engine import inline
from orchestration.services.executions import execute_pipeline

ECHO = {"name": "echo_it", "tasks": [{"name": "say", "type": "echo", "parameters": {"x": "{input.x}"}}]}
ECHO_YAML = """\
name: echo_it
tasks:
  - name: say
    type: echo
    parameters: {x: "{input.x}"}
"""
ROOT = "/api/v1"
# What only reading an execution tells, while it has run nothing.
NOTHING_LINKED: dict[str, Any] = {"models": [], "reviews": [], "cache_origins": []}
VALUES = {"IntConverter": 1, "UUIDConverter": "01a202d3-a84e-7659-84a3-5a4699e1dad1"}


def api_patterns() -> list[URLPattern]:
    """Every address of the interface, of all apps, but those of its description."""
    included = [entry for entry in api_v1 if isinstance(entry, URLResolver)]
    return [pattern for entry in included for pattern in entry.url_patterns if isinstance(pattern, URLPattern)]


def fill_in(pattern: URLPattern) -> str:
    """An address that nothing is at, whatever its parameters."""
    values = {name: VALUES.get(type(kind).__name__, "x") for name, kind in pattern.pattern.converters.items()}
    return reverse(str(pattern.name), kwargs=values)


def register(api: APIClient, definition: Any = ECHO, **query: str) -> Any:
    """Register a definition given as a dict or as YAML."""
    is_text = isinstance(definition, str)
    body = definition if is_text else json.dumps(definition)
    kind = "application/yaml" if is_text else "application/json"
    return api.post(f"{ROOT}/pipelines", data=body, content_type=kind, query_params=query)


def submit(api: APIClient, pipeline: str = "echo_it", key: str | None = None, **body: Any) -> Any:
    """Start an execution."""
    headers = {"Idempotency-Key": key} if key is not None else {}
    return post(api, f"{ROOT}/executions", {"pipeline": pipeline, "input": {"x": 1}, **body}, headers=headers)


def post(api: APIClient, address: str, body: Any, **options: Any) -> Any:
    """Post any value as JSON: None and lone surrogates too, which the client's own way drops and refuses."""
    return api.post(address, json.dumps(body), content_type="application/json", **options)


def finish(pipeline_id: str, input_data: Any) -> str:
    """Execute a pipeline in this process, to its end; the execution's id. Threads take part: needs real commits."""
    with inline.private_worker() as identity:
        execution = execute_pipeline(pipeline_id=pipeline_id, input_data=input_data, private_worker=identity.worker_id)
        inline.carry(execution.pk, identity)
    return str(execution.pk)


def start(api: APIClient, **body: Any) -> str:
    """Register `echo_it` and start an execution of it; its id."""
    register(api)
    started = submit(api, **body)
    assert started.status_code == 201, started.content
    return str(started.json()["id"])


def problem(response: Any, status: int, code: str | None = None) -> Any:
    """The body of an error, once its status and type are as expected."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    body = response.json()
    assert body["status"] == status
    assert code is None or body["code"] == code, body
    return body


def codes(body: Any) -> list[tuple[str, str | None]]:
    """Code and place of each error of a problem."""
    return [(entry["code"], entry["pointer"] or entry["parameter"]) for entry in body["errors"]]
