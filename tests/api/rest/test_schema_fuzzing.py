"""Schemathesis asks every operation of the OpenAPI document what it can think of, and finds nothing.

In this process and in one transaction; the requests are allowed to meet rows that exist.
"""

import base64
from collections.abc import Callable, Iterator
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import ignored_auth

from orchestration.definition import Pipeline
from orchestration.services.executions import cancel_execution, execute_pipeline
from orchestration.services.pipelines import register_pipeline
from orchestration.services.tokens import create_token
from registry.services.pointers import move_alias
from registry.services.registration import register_version
from tests.api.rest.asking import ECHO
from tests.api.rest.monitoring.rows import fill_monitoring
from tests.reviews.scenes import review, reviewer

# PostgreSQL refuses more: NUL in a text, integers out of range, a statement after one that failed.
pytestmark = pytest.mark.postgresql_pass
EXAMPLES = 4  # besides the cases made from the document
# Of those some operations have hundreds; so many are sent, taken evenly, unless HYPOTHESIS_PROFILE=long wants all.
MOST_CASES = 10_000 if settings.get_current_profile_name() == "long" else 8
# A text can be a text by the document and still no definition, and a pipeline's input has a schema of its own.
REFUSED_BY_CONTENT = ["2xx", "401", "403", "404", "409", "422"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSED_BY_CONTENT},
        },
        "generation": {"allow-x00": False},  # refused everywhere, which the other tests show
    }
)
# Any other text is refused: cursors come from the links of pages. This one skips some rows.
schemathesis.openapi.format(
    "cursor", st.integers(0, 50).map(lambda offset: base64.b64encode(f"o={offset}".encode()).decode())
)

generate: Any = SchemaGenerator  # a partly typed library
document = generate().get_schema(request=None, public=True)
METHODS = {"get", "post", "put", "patch", "delete"}
OPERATIONS = {
    f"{method.upper()} {path}": (path, method)
    for path, item in document["paths"].items()
    for method in item
    if method in METHODS
}
schema = schemathesis.openapi.from_dict(document, config=CONFIG)


@cache
def application() -> WSGIHandler:
    """Made when first needed: the document is read before there are fixtures."""
    return get_wsgi_application()


schema.app = lambda environ, start_response: application()(environ, start_response)


@pytest.fixture(scope="module")
def known(shared_rows: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Rows to ask for, by the names of the addresses' parameters."""
    with shared_rows.unblock():
        return _known(tmp_path_factory.mktemp("model"))


def _known(folder: Path) -> dict[str, str]:
    """An ended execution, so that its stream ends too, a model with a file, an alert, a review."""
    register_pipeline(pipeline=Pipeline(ECHO))
    execution = execute_pipeline(pipeline_id="echo_it", input_data={"x": 1})
    cancel_execution(execution_id=execution.pk)
    (folder / "labels.txt").write_text("invoice\ncontract\n")
    version = register_version(model_name="classifier", version="v1", model_path=folder)
    move_alias(model_name="classifier", alias="production", version="v1")
    of_model = {"model_name": "classifier", "label": version.label, "alias": "production", "path": "labels.txt"}
    alert, silence = fill_monitoring()
    of_alerts = {"alert_id": str(alert.pk), "rule_id": str(alert.rule_id), "silence_id": str(silence.pk)}
    of_model |= {**of_alerts, "metric": "error_rate"}
    of_model |= {"key": "analysis:17", "tag": "customer:17"}
    of_execution = {"pipeline_id": "echo_it", "execution_id": str(execution.pk), "name": "say", "number": "1"}
    return {**of_execution, **of_model, **_about_reviews()}


def _about_reviews() -> dict[str, str]:
    reviewer("ana")
    return {"review_id": str(review("1").pk), "reviewer_id": "ana", "policy_id": "default", "absence_id": "1"}


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """A real server closes connections between requests; here they share the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@cache
def feedback() -> FeedbackSources:
    return FeedbackSources(constants_value_source=make_constants_value_source(schema))


def every_case(ask: Callable[..., None], operation: Any) -> Callable[[], None]:
    """What `schema.parametrize()` makes of a test for one operation.

    It makes all of them when tests are collected, seconds of work, and every test process collects every test.
    """
    load_all_checks()
    made: Any = build_operation_test(
        config=schema.config, operation=operation, test_func=ask, given_kwargs={}, feedback=feedback()
    )
    cases = made.hypothesis_explicit_examples
    made.hypothesis_explicit_examples = cases[:: max(1, ceil(len(cases) / MOST_CASES))]
    return cast(Callable[[], None], made)


@pytest.mark.parametrize("label", OPERATIONS)
def test_the_document_is_kept(label: str, known: dict[str, str], engineer: User, one_connection: None) -> None:
    token = create_token(user=engineer, days=1)
    # The one check that asks twice more: enough once it has seen that nobody else gets the same.
    seen: list[Any] = []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        if not (case.meta and case.meta.generation.mode.is_negative) and len(str(case.path_parameters)) % 3:
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=seen)
        if answer.status_code < 300:
            seen[:] = [ignored_auth]

    path, method = OPERATIONS[label]
    every_case(ask, schema[path][method])()
