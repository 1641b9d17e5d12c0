"""Registered definitions as they come back."""

import pytest

from orchestration.definition import Pipeline
from orchestration.engine.versions import pipeline_of
from orchestration.selectors.listing import find_pipeline
from orchestration.services.pipelines import register_pipeline

pytestmark = pytest.mark.django_db


def test_a_definition_comes_back_with_its_keys_in_the_order_they_were_written_in() -> None:
    parameters = {"zeta": 1, "alpha": {"zz": 1, "b": 2, "aaa": 3}, "mid": []}
    tasks = [{"name": "a", "type": "echo", "parameters": parameters}]
    inputs = {"type": "object", "properties": {"sender": {"type": "string"}, "body": {"type": "string"}}}
    written = Pipeline({"name": "ordered", "description": "Kept as it is", "tasks": tasks, "inputs": inputs})
    version = register_pipeline(pipeline=written)
    assert pipeline_of(version.pk).to_yaml() == written.to_yaml()
    assert list(pipeline_of(version.pk).config.task("a").parameters["alpha"]) == ["zz", "b", "aaa"]
    assert find_pipeline("ordered").description == "Kept as it is"  # type: ignore[attr-defined]  # annotated
