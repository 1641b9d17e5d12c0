"""What may be asked of people, and who may be asked: everything else is refused before any database sees it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from orchestration import PipelineOrchestrator
from reviews.exceptions import FourEyes, InvalidDecision, InvalidReview, NotEligible, PolicyNotFound, ReviewerNotFound
from reviews.models import ReviewerProfile, ReviewRequest
from reviews.services.claims import claim_review
from reviews.services.decisions import decide
from reviews.services.requests import Subject
from reviews.services.reviewers import add_absence, register_reviewer, update_reviewer
from tests.reviews.scenes import again, review, reviewer

pytestmark = pytest.mark.django_db


def places(refused: pytest.ExceptionInfo[InvalidReview]) -> list[str]:
    return [pointer for pointer, _ in refused.value.problems]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"due_in": "2h"}, "/due_in"),
        ({"due_in": timedelta(0)}, "/due_in"),
        ({"due_in": timedelta(days=400)}, "/due_in"),
        ({"confidence": "high"}, "/confidence"),
        ({"confidence": True}, "/confidence"),
        ({"confidence": 1.5}, "/confidence"),
        ({"undo_seconds": -1}, "/undo_seconds"),
        ({"undo_seconds": 3601}, "/undo_seconds"),
        ({"estimated_minutes": 0}, "/estimated_minutes"),
        ({"estimated_minutes": 2.5}, "/estimated_minutes"),
        ({"sensitivity": 10**9}, "/sensitivity"),
        ({"weight": "2"}, "/weight"),
        ({"weight": 0}, "/weight"),
        ({"language": "g" * 300}, "/language"),
        ({"language": "d\0"}, "/language"),
        ({"language": None}, "/language"),
        ({"reasons": "low"}, "/reasons"),
        ({"reasons": ["low"]}, "/reasons/0"),
        ({"reasons": [{"code": 5}]}, "/reasons/0"),
        ({"required_specializations": "legal"}, "/required_specializations"),
        ({"required_specializations": [f"s{n:059}" for n in range(9)]}, "/required_specializations"),
        ({"conflicts": "cara"}, "/conflicts"),
        ({"conflicts": [""]}, "/conflicts/0"),
        ({"conflicts": ["cara", "p" * 200]}, "/conflicts/1"),
        ({"authors": "cara", "four_eyes": True}, "/authors"),
        ({"authors": [7]}, "/authors/0"),
        ({"subject": Subject("s" * 60, "1")}, "/subject/kind"),
        ({"subject": Subject("invoice", "1\0")}, "/subject/id"),
        ({"subject": Subject("invoice", "1", url="/" + "x" * 600)}, "/subject/url"),
        ({"subject": Subject("invoice", "1", url="/\t/elsewhere.example/x")}, "/subject"),
        ({"subject": Subject("", "1")}, "/subject"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(options: dict[str, Any], place: str) -> None:
    reviewer("cara")
    with pytest.raises(InvalidReview) as refused:
        review(**options)
    assert places(refused) == [place]
    assert not ReviewRequest.objects.exists()


@pytest.mark.one_database
@pytest.mark.parametrize("spelling", ["cara", "reviewer:cara", "login", "user:login"])
@pytest.mark.parametrize("option", ["conflicts", "authors"])
def test_who_may_not_decide_is_named_by_id_by_login_or_as_the_history_has_it(option: str, spelling: str) -> None:
    cara = reviewer("cara", user=User.objects.create_user("login"))
    options: dict[str, Any] = {"four_eyes": option == "authors", option: [spelling]}
    asked = review(**options)
    with pytest.raises((FourEyes, NotEligible), match="somebody else has to"):
        claim_review(review_id=asked.pk, by=cara)
    with pytest.raises(FourEyes):
        decide(review_id=asked.pk, decision="approve", by=cara)


@pytest.mark.one_database
def test_who_asked_is_the_requester_in_the_historys_spelling_too() -> None:
    cara = reviewer("cara")
    with pytest.raises(FourEyes):
        claim_review(review_id=review(four_eyes=True, created_by="reviewer:cara").pk, by=cara)


def test_a_conflict_of_nobody_known_is_refused_while_authors_may_be_from_elsewhere() -> None:
    reviewer("cara")
    with pytest.raises(InvalidReview, match='did you mean "cara"') as refused:
        review(conflicts=["cara", "carra"])
    assert places(refused) == ["/conflicts/1"]
    assert review(four_eyes=True, authors=["A. N. Other"]).exclusions.get().person == "A. N. Other"


@pytest.mark.one_database
def test_an_output_schema_in_the_short_form_is_checked_as_one() -> None:
    asked = review(output_schema={"valid": "boolean", "note": "string?"}, proposed_output={"valid": True})
    ana = reviewer("ana")
    with pytest.raises(InvalidDecision) as refused:
        decide(review_id=asked.pk, decision="approve_with_edits", by=ana, output={"anything": [1, 2]})
    assert places(refused) == ["/output", "/output"]
    decide(review_id=asked.pk, decision="approve_with_edits", by=ana, output={"valid": False, "note": None})
    assert again(asked).status == "decided"


@pytest.mark.one_database
def test_a_mistake_in_an_output_schema_is_named_by_its_place() -> None:
    for schema, place in (({"valid": "bool"}, "/output_schema/valid"), (["string"], "/output_schema")):
        with pytest.raises(InvalidReview) as refused:
            review(output_schema=schema)
        assert places(refused) == [place]


@pytest.mark.one_database
def test_an_output_schema_without_a_word_lets_everything_through() -> None:
    asked = review(output_schema={}, proposed_output=1)
    decide(review_id=asked.pk, decision="approve_with_edits", by=reviewer("ana"), output=[1])


@pytest.mark.one_database
@pytest.mark.parametrize("key", ["legal/jo", "a b", "a%2Fb", "..", "new", "assign", "", "a\0", "x" * 65, 7])
def test_a_reviewers_id_fits_into_an_address(key: Any) -> None:
    with pytest.raises(InvalidReview) as refused:
        register_reviewer(reviewer=ReviewerProfile(id=key, name="Slash"))
    assert places(refused) == ["/id"]


@pytest.mark.parametrize(
    ("columns", "place"),
    [
        ({"name": "a\0"}, "/name"),
        ({"name": "n" * 200}, "/name"),
        ({"languages": "de"}, "/languages"),
        ({"languages": ["de", 7]}, "/languages/1"),
        ({"clearance": 10**6}, "/clearance"),
        ({"max_concurrent_reviews": 0}, "/max_concurrent_reviews"),
        ({"max_concurrent_reviews": "many"}, "/max_concurrent_reviews"),
    ],
)
def test_a_profile_that_no_database_could_keep_is_refused(columns: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidReview) as refused:
        register_reviewer(reviewer=ReviewerProfile(**{"id": "jo", "name": "Jo"} | columns))
    assert places(refused) == [place]


@pytest.mark.one_database
def test_specializations_are_a_list_not_a_text() -> None:
    with pytest.raises(InvalidReview, match=r"specializations=\[.legal.\]"):
        ReviewerProfile(id="jo", name="Jo").specializations = "legal"
    reviewer("jo")
    with pytest.raises(InvalidReview, match="specializations"):
        update_reviewer(reviewer_id="jo", by="jo", specializations="legal")


def test_a_login_is_one_reviewers_only() -> None:
    admin = User.objects.create_user("admin")
    reviewer("adm", user=admin)
    reviewer("ana")
    with pytest.raises(InvalidReview, match="Adm") as refused:
        update_reviewer(reviewer_id="ana", by="ana", user=admin)
    assert places(refused) == ["/user"]
    with pytest.raises(InvalidReview) as refused:
        reviewer("bea", user=admin)
    assert places(refused) == ["/user"]
    update_reviewer(reviewer_id="adm", by="adm", user=admin, name="Adm")


def test_a_name_with_nul_is_nobodys() -> None:
    with pytest.raises(ReviewerNotFound):
        update_reviewer(reviewer_id="a\0", by="system", name="x")
    with pytest.raises(ReviewerNotFound):
        add_absence(reviewer_id="a\0", by="a\0", starts_at=None, ends_at=None)  # type: ignore[arg-type]
    with pytest.raises(PolicyNotFound):
        review(policy="p\0")
    for nobody in ("a\0", "nobody"):
        with pytest.raises(ReviewerNotFound):
            PipelineOrchestrator().human_loop_manager.pending_reviews(nobody)
