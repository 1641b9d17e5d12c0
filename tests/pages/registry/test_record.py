"""What production and reviewers said of versions: on their page, compared, over REST, in Python, in commands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from orchestration.models import Execution, TaskRun
from orchestration.selectors.model_record import pin_of
from registry.manager import ModelVersionManager
from registry.models import ModelVersion
from registry.selectors.resolving import find_version
from reviews.models import ReviewDecision, ReviewerProfile, ReviewRequest
from reviews.services.decisions import decide
from reviews.services.requests import open_review
from tests.admin.asking import text_of
from tests.api.rest.asking import ROOT
from tests.commands.calling import call
from tests.pages.conftest import MakeExecution
from tests.pages.registry.conftest import MODEL

pytestmark = pytest.mark.django_db
Two = tuple[ModelVersion, ModelVersion]
ASK = {"view_registeredmodel", "view_modelversion"}


class Production:
    """Executions in which versions were asked, and reviews of what they answered."""

    def __init__(self, make_execution: MakeExecution) -> None:
        self._make = make_execution

    def run(self, version: ModelVersion, state: str = "completed", **columns: Any) -> TaskRun:
        """`columns` of the task run and its attempts, such as `usage`."""
        run: TaskRun = self._make(state).task_runs.get()
        TaskRun.objects.filter(pk=run.pk).update(model=pin_of(find_version("classifier", version.label)), **columns)
        run.attempts.update(**columns, finished_at=F("started_at") + timedelta(seconds=2))
        run.refresh_from_db()
        return run

    def review(self, run: TaskRun, decision: str, **said: Any) -> ReviewRequest:
        """A review of a run's result, decided by Ana."""
        review = open_review(
            task_name=run.name,
            task_type=run.task_type,
            input_data={},
            proposed_output={"label": "invoice"},
        )
        TaskRun.objects.filter(pk=run.pk).update(review=review)
        ana, _ = ReviewerProfile.objects.get_or_create(id="ana", name="Ana Ruiz", email="ana@example.com")
        decide(review_id=review.pk, decision=decision, by=ana, **said)
        return review


@pytest.fixture
def production(make_execution: MakeExecution) -> Production:
    return Production(make_execution)


@pytest.fixture
def operator(make_client: Callable[..., Client]) -> Client:
    return make_client(*ASK, "view_execution", "view_reviewrequest", name="both")


def plain(response: Any) -> str:
    return str(text_of(response)).replace("\u00a0", " ")


def used(production: Production, two: Two) -> None:
    """Of `v1` one was corrected and one rejected, of `v2` one approved; half of what `v2` was asked, the cache knew."""
    production.review(production.run(two[0]), "approve_with_edits", output={"label": "letter"})
    production.review(production.run(two[0], "completed"), "reject", comment="no")
    production.run(two[0], "failed")
    asked: dict[str, Any] = {"usage": {"cost_microusd": 20_000}, "cache": {"outcome": "miss", "reason": "new"}}
    production.review(production.run(two[1], **asked), "approve")
    production.run(two[1], cache={"outcome": "hit", "reason": "asked before"})


def test_the_page_says_what_executions_and_reviewers_said(production: Production, two: Two, operator: Client) -> None:
    used(production, two)
    said = plain(operator.get(f"{MODEL}versions/v1/"))
    assert "Times asked 3 Succeeded 66.7 % 1 failed" in said
    assert "Approved 0 0 % of 2 reviews Corrected 1 50 % of 2 reviews Rejected 1 50 % of 2 reviews" in said
    assert "no task asks the cache" in said
    next_ = plain(operator.get(f"{MODEL}versions/v2/"))
    assert "Times asked 1" in next_, "the cache was asked, not the version"
    assert "$0.02 $0.02 each Cache hits 1 50 % of 2 look-ups" in next_


@pytest.mark.one_database
def test_what_was_corrected_is_linked_for_who_may_see_reviews(
    production: Production, two: Two, operator: Client, make_client: Callable[..., Client]
) -> None:
    review = production.review(production.run(two[0]), "approve_with_edits", output={"label": "letter"})
    link = f'href="/reviews/{review.pk}/"'
    assert link in operator.get(f"{MODEL}versions/v1/").content.decode()
    other = make_client(*ASK, "view_execution", name="no reviews").get(f"{MODEL}versions/v1/")
    assert link not in other.content.decode()
    assert "Corrected 1" in plain(other)


def test_a_decision_that_was_undone_or_made_by_a_policy_says_nothing(production: Production, two: Two) -> None:
    undone = production.review(production.run(two[0]), "reject", comment="no")
    ReviewDecision.objects.filter(review=undone).update(undone_at=undone.created_at)
    by_policy = production.review(production.run(two[0]), "approve")
    ReviewDecision.objects.filter(review=by_policy).update(channel="policy")
    assert record("v1")["approved_rate"].samples == 0


def record(label: str) -> Any:
    return ModelVersionManager().record("classifier", label)


@pytest.mark.one_database
def test_python_has_the_record_by_name(production: Production, two: Two) -> None:
    assert record("v1") == {}
    used(production, two)
    before, after = record("v1"), record("v2")
    assert (before["runs"].value, before["corrected_rate"].value, before["rejected_rate"].value) == (3, 0.5, 0.5)
    assert (after["cache_hit_rate"].value, after["cost_usd"].value) == (0.5, 0.02)
    assert after["p50_seconds"].value is not None


def test_the_comparison_says_which_did_better_in_use(production: Production, two: Two, operator: Client) -> None:
    used(production, two)
    said = plain(operator.get(f"{MODEL}compare/?a=v1&b=v2"))
    assert "In use what the last executions and their reviewers said" in said
    assert "Corrected 50 % of 2 0 % of 1 −50 points, may be chance" in said
    assert "Approved 0 % of 2 100 % of 1 +100 points, may be chance" in said
    file = operator.get(f"{MODEL}compare.md?a=v1&b=v2").content.decode()
    assert "## In use" in file
    compared = ModelVersionManager().compare_versions("classifier", "v1", "v2")
    assert {one.name: one.verdict for one in compared.record}["corrected_rate"] == "better"


@pytest.mark.one_database
def test_a_difference_beyond_chance_is_in_the_sentence(production: Production, two: Two, operator: Client) -> None:
    for _ in range(20):
        production.review(production.run(two[0]), "reject", comment="no")
        production.review(production.run(two[1]), "approve")
    said = plain(operator.get(f"{MODEL}compare/?a=v1&b=v2"))
    assert "in use it is better in " in said
    assert "Rejected 100 % of 20 0 % of 20 −100 points better" in said
    assert call("compare_models", "classifier:v1", "classifier:v2", "--fail-on", "worse-in-use").code == 0
    turned = call("compare_models", "classifier:v2", "classifier:v1", "--fail-on", "worse-in-use")
    assert (turned.code, "it does worse in use" in turned.err) == (1, True)
    assert "Rejected" in turned.out


@pytest.mark.one_database
def test_rest_has_the_same(production: Production, two: Two, operator: Client, looker: Client) -> None:
    used(production, two)
    address = f"{ROOT}/models/classifier/versions/v1"
    figures = {one["name"]: one for one in operator.get(address).json()["record"]}
    assert figures["corrected_rate"] == {
        "name": "corrected_rate",
        "label": "Corrected",
        "value": 0.5,
        "unit": "share",
        "samples": 2,
        "better": "lower",
    }
    compared = operator.get(f"{ROOT}/models/classifier/compare?a=v1&b=v2").json()["record"]
    assert next(one for one in compared if one["name"] == "corrected_rate")["verdict"] == "better"
    assert looker.get(address).json()["record"] == []
    assert looker.get(f"{ROOT}/models/classifier/compare?a=v1&b=v2").json()["record"] == []


@pytest.mark.one_database
def test_who_may_not_see_executions_sees_nothing_of_use(production: Production, two: Two, looker: Client) -> None:
    used(production, two)
    for address in ("versions/v1/", "compare/?a=v1&b=v2", "compare.md?a=v1&b=v2"):
        said = looker.get(f"{MODEL}{address}").content.decode()
        assert "Corrected" not in said, address
        assert "In use" not in said, address


def test_the_record_takes_as_many_queries_for_many_runs_as_for_few(
    production: Production, two: Two, operator: Client, django_assert_max_num_queries: Any
) -> None:
    used(production, two)
    for _ in range(5):
        production.review(production.run(two[1]), "approve")
    with django_assert_max_num_queries(25):
        operator.get(f"{MODEL}compare/?a=v1&b=v2")
    assert Execution.objects.count() == 10
