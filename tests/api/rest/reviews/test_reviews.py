"""`/reviews`, `/reviewers` and `/review-policies`: asked, decided and changed over REST."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from reviews import clock
from reviews.models import ReviewRequest
from reviews.services.claims import claim_review
from reviews.services.reviewers import update_reviewer
from tests.api.rest.asking import ROOT, codes, post, problem
from tests.reviews.scenes import INVOICE_SCHEMA, again, review, reviewer

REVIEWS = f"{ROOT}/reviews"
DECIDING = ("view_reviewrequest", "decide_reviewrequest", "view_reviewerprofile", "view_escalationpolicy")
ASKED = {"task_name": "check", "task_type": "validation", "proposed_output": {"total": 12, "currency": "EUR"}}


@pytest.fixture
def login(make_user: Callable[..., User]) -> Callable[..., APIClient]:
    """`login("ana", *permissions, profile=True)`: a client of somebody."""

    def make(name: str, *permissions: str, profile: bool = True, **columns: Any) -> APIClient:
        user = make_user(*(permissions or DECIDING), name=name)
        if profile:
            reviewer(name, **columns)
            update_reviewer(reviewer_id=name, by=name, user=user)
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def ana(login: Callable[..., APIClient]) -> APIClient:
    return login("ana")


def claimed(client: APIClient, found: ReviewRequest) -> int:
    answer = client.post(f"{REVIEWS}/{found.pk}/claim")
    assert answer.status_code == 200, answer.content
    return int(answer.json()["token"])


def test_a_review_is_asked_for_once_for_each_subject(api: APIClient) -> None:
    body = {**ASKED, "subject": {"kind": "invoice", "id": "7", "label": "Invoice 7"}, "output_schema": INVOICE_SCHEMA}
    first, second = post(api, REVIEWS, body), post(api, REVIEWS, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["subject_kind"] == "api:invoice"
    assert api.get(first["Location"]).json()["proposed_output"] == ASKED["proposed_output"]


@pytest.mark.one_database
def test_mistakes_are_named_with_their_places(api: APIClient) -> None:
    wrong = problem(post(api, REVIEWS, {**ASKED, "task_name": 5, "prio": "high"}), 400)
    assert ("unknown_member", "/prio") in codes(wrong)
    schema = problem(post(api, REVIEWS, {**ASKED, "output_schema": {"type": "nonsense"}}), 422, "invalid_review")
    assert schema["errors"][0]["pointer"].startswith("/output_schema")
    problem(post(api, REVIEWS, {**ASKED, "policy": "nothing"}), 404, "policy_not_found")


def test_a_list_is_filtered_and_leaves_the_values_out(ana: APIClient) -> None:
    review("1", priority="urgent", reasons=[{"code": "always", "message": "x"}])
    review("2", required_specializations=["law"], risk="high")
    for query, expected in (
        ("priority=urgent", ["1"]),
        ("reason=always", ["1"]),
        ("specialization=law", ["2"]),
        ("risk=high", ["2"]),
        ("open=false", []),
        ("status=pending&status=decided", ["2", "1"]),
        ("overdue=false", ["2", "1"]),
    ):
        found = ana.get(f"{REVIEWS}?{query}").json()["results"]
        assert [row["subject_id"] for row in found] == expected, query
        assert all("input" not in row for row in found)
    problem(ana.get(f"{REVIEWS}?prio=urgent"), 400)


@pytest.mark.one_database
def test_a_get_changes_nothing(ana: APIClient) -> None:
    found = review("1")
    for address in ("", "/history", "/why", "/draft"):
        assert ana.get(f"{REVIEWS}/{found.pk}{address}").status_code in (200, 204)
    assert ana.get(f"{REVIEWS}/next").json()["review"]["id"] == str(found.pk)
    for verb in ("claim", "heartbeat", "release", "decide", "undo", "escalate", "reassign", "decline", "answer"):
        assert ana.get(f"{REVIEWS}/{found.pk}/{verb}").status_code == 405
    assert again(found).status == "pending"


@pytest.mark.one_database
def test_the_next_one_is_claimed_and_decided(ana: APIClient) -> None:
    found = review("1")
    claim = ana.post(f"{REVIEWS}/next").json()
    assert claim["review"]["id"] == str(found.pk)
    beat = ana.post(f"{REVIEWS}/{found.pk}/heartbeat", {"token": claim["token"]})
    assert beat.json()["lease_expires_at"] >= claim["lease_expires_at"]
    body = {"decision": "approve", "token": claim["token"], "output": {"total": 13, "currency": "EUR"}}
    done = ana.post(f"{REVIEWS}/{found.pk}/decide", body, format="json").json()
    assert done["status"] == "decided"
    assert (done["decisions"][0]["decision"], done["decisions"][0]["channel"]) == ("approve_with_edits", "api")
    assert ana.post(f"{REVIEWS}/next").status_code == 204


@pytest.mark.one_database
def test_the_same_decision_repeated_gives_the_first_one(ana: APIClient) -> None:
    found = review("1")
    body = {"decision": "reject", "token": claimed(ana, found), "comment": "no"}
    first, second = (ana.post(f"{REVIEWS}/{found.pk}/decide", body, format="json") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["decisions"] == second.json()["decisions"]


@pytest.mark.one_database
def test_an_output_that_does_not_fit_is_refused_with_every_problem(ana: APIClient) -> None:
    found = review("1")
    body = {"decision": "approve", "token": claimed(ana, found), "output": {"total": -1, "currency": "YEN"}}
    wrong = problem(ana.post(f"{REVIEWS}/{found.pk}/decide", body, format="json"), 422, "invalid_decision")
    assert {place for _, place in codes(wrong)} == {"/output/total", "/output/currency"}


@pytest.mark.one_database
def test_who_is_too_late_is_told_who_what_and_when(ana: APIClient, login: Callable[..., APIClient]) -> None:
    found = review("1")
    token = claimed(ana, found)
    with clock.moved(timedelta(hours=1)):
        bea = login("bea")
        bea.post(f"{REVIEWS}/{found.pk}/decide", {"decision": "reject", "token": claimed(bea, found)}, format="json")
        late = ana.post(f"{REVIEWS}/{found.pk}/decide", {"decision": "approve", "token": token}, format="json")
    said = problem(late, 409, "review_closed")["detail"]
    assert "Bea rejected it on 20" in said


@pytest.mark.one_database
def test_a_lost_claim_is_a_conflict(ana: APIClient, login: Callable[..., APIClient]) -> None:
    found = review("1")
    token = claimed(ana, found)
    with clock.moved(timedelta(hours=1)):
        claimed(login("bea"), found)
        problem(ana.post(f"{REVIEWS}/{found.pk}/heartbeat", {"token": token}), 409, "lease_lost")


@pytest.mark.one_database
def test_giving_back_declining_and_putting_off(ana: APIClient) -> None:
    found = review("1")
    for verb, body, status in (
        ("release", {"reason": "lunch"}, "pending"),
        ("snooze", {"until": "2090-01-01T00:00:00Z"}, "snoozed"),
        ("decline", {"reason": "I know them"}, "pending"),
    ):
        claimed(ana, found)
        assert ana.post(f"{REVIEWS}/{found.pk}/{verb}", body, format="json").json()["status"] == status
    assert ana.post(f"{REVIEWS}/{found.pk}/release").status_code == 200
    assert ana.post(f"{REVIEWS}/next").status_code == 204


@pytest.mark.one_database
def test_drafts_are_kept_by_version(ana: APIClient) -> None:
    address = f"{REVIEWS}/{review('1').pk}/draft"
    assert ana.get(address).json()["version"] == 0
    first = ana.put(address, {"output": {"total": 1}, "comment": "hm"}, format="json").json()
    assert ana.get(address).json() == first
    assert ana.put(address, {"output": {"total": 2}, "version": first["version"]}, format="json").json()["version"] == 2
    problem(ana.put(address, {"output": {"total": 3}, "version": 1}, format="json"), 409, "draft_conflict")
    assert ana.delete(address).status_code == ana.delete(address).status_code == 204


@pytest.mark.one_database
def test_a_question_is_asked_answered_and_a_decision_undone(ana: APIClient) -> None:
    found = review("1", undo_seconds=600)
    ask = {"decision": "need_information", "token": claimed(ana, found), "comment": "Which?"}
    ana.post(f"{REVIEWS}/{found.pk}/decide", ask, format="json")
    assert ana.post(f"{REVIEWS}/{found.pk}/answer", {"answer": "This."}).json()["questions"][0]["answer"] == "This."
    ana.post(f"{REVIEWS}/{found.pk}/decide", {"decision": "approve", "token": claimed(ana, found)}, format="json")
    assert ana.post(f"{REVIEWS}/{found.pk}/undo").json()["status"] == "in_review"
    kinds = [event["kind"] for event in ana.get(f"{REVIEWS}/{found.pk}/history").json()]
    assert kinds[0] == "review.opened"
    assert kinds[-1] == "review.undone"


@pytest.mark.one_database
def test_routing_takes_a_permission_of_its_own(ana: APIClient, api: APIClient) -> None:
    found = review("1")
    problem(ana.post(f"{REVIEWS}/{found.pk}/reassign", {"to": "ana"}), 403)
    assert api.post(f"{REVIEWS}/{found.pk}/reassign", {"to": "ana"}).json()["assignee"] == "ana"
    assert api.post(f"{REVIEWS}/{found.pk}/reassign", {"to": "ana"}).status_code == 200
    problem(api.post(f"{REVIEWS}/{found.pk}/reassign", {"to": "ann"}), 404, "reviewer_not_found")
    assert ana.get(f"{REVIEWS}/{found.pk}/why").json()["question"] == "why them"


@pytest.mark.one_database
def test_deciding_takes_a_profile_or_the_right_to_route(login: Callable[..., APIClient]) -> None:
    found = review("1")
    stray = login("stray", profile=False)
    assert "reviewer profile" in problem(stray.post(f"{REVIEWS}/{found.pk}/claim"), 403)["detail"]


def test_what_is_above_ones_clearance_is_not_there(ana: APIClient, api: APIClient) -> None:
    found = review("1", sensitivity=2)
    problem(ana.get(f"{REVIEWS}/{found.pk}"), 404, "review_not_found")
    assert ana.get(REVIEWS).json()["results"] == []
    assert api.get(f"{REVIEWS}/{found.pk}").status_code == 200
    problem(ana.get(f"{REVIEWS}/nonsense"), 404, "review_not_found")


@pytest.mark.one_database
def test_escalating_hands_it_to_a_lead(ana: APIClient) -> None:
    reviewer("lena", is_lead=True)
    found = review("1")
    claimed(ana, found)
    assert ana.post(f"{REVIEWS}/{found.pk}/escalate", {"reason": "too hard"}).json()["is_escalated"] is True


# Reviewers and policies -----------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_a_reviewer_is_registered_twice_and_changed(api: APIClient) -> None:
    body = {"id": "cem", "name": "Cem", "specializations": ["law:4"], "max_concurrent_reviews": 3}
    first = api.post(f"{ROOT}/reviewers", body, format="json")
    again_ = api.post(f"{ROOT}/reviewers", {**body, "name": "Cem A."}, format="json")
    assert (first.status_code, again_.status_code) == (201, 200)
    changed = api.patch(f"{ROOT}/reviewers/cem", {"languages": ["de"], "user": "engineer"}, format="json").json()
    assert (changed["name"], changed["languages"], changed["user"]) == ("Cem A.", ["de"], "engineer")
    assert [row["id"] for row in api.get(f"{ROOT}/reviewers?specialization=law").json()["results"]] == ["cem"]
    problem(api.patch(f"{ROOT}/reviewers/cem", {"time_zone": "Mars"}, format="json"), 422, "invalid_review")
    problem(api.patch(f"{ROOT}/reviewers/cem", {"user": "nobody"}, format="json"), 422)


@pytest.mark.one_database
def test_ones_own_availability_and_absences_need_no_permission_to_change_reviewers(ana: APIClient) -> None:
    reviewer("bea")
    assert ana.patch(f"{ROOT}/reviewers/ana", {"availability": "busy"}).json()["availability"] == "busy"
    problem(ana.patch(f"{ROOT}/reviewers/ana", {"clearance": 5}), 403)
    problem(ana.patch(f"{ROOT}/reviewers/bea", {"availability": "busy"}), 403)
    away = {"starts_at": "2090-01-01T00:00:00Z", "ends_at": "2090-01-05T00:00:00Z", "substitute": "bea"}
    made = ana.post(f"{ROOT}/reviewers/ana/absences", away, format="json")
    assert made.status_code == 201
    assert ana.get(f"{ROOT}/reviewers/ana/absences").json() == [made.json()]
    assert ana.delete(f"{ROOT}/reviewers/ana/absences/{made.json()['id']}").status_code == 204
    problem(ana.delete(f"{ROOT}/reviewers/ana/absences/{made.json()['id']}"), 404)


POLICY = {
    "name": "Contracts",
    "due_in_seconds": 28_800,
    "steps": [
        {"after": "4h", "action": "notify", "notify": ["leads"], "condition": "unclaimed"},
        {"after": "100%", "action": "decide", "decision": "reject"},
    ],
}


@pytest.mark.one_database
def test_a_policy_is_saved_as_versions_and_previewed(api: APIClient) -> None:
    address = f"{ROOT}/review-policies/contracts"
    first = api.put(address, POLICY, format="json").json()
    assert (first["version"], first["steps"][0]["after"]) == (1, "4h")
    assert api.put(address, POLICY, format="json").json()["version"] == 1
    assert api.put(address, {**POLICY, "due_in_seconds": 60}, format="json").json()["version"] == 2
    assert api.get(f"{address}?version=1").json() == first
    assert [one["action"] for one in api.get(f"{address}/preview?version=1").json()] == ["notify", "due", "decide"]
    asked = {**POLICY, "start": "2026-01-05T09:00:00Z"}
    del asked["name"]
    timeline = api.post(f"{ROOT}/review-policies/preview", asked, format="json").json()
    assert [one["at"] for one in timeline] == ["2026-01-05T13:00:00Z", "2026-01-05T17:00:00Z", "2026-01-05T17:00:00Z"]


@pytest.mark.one_database
def test_a_policy_that_cannot_be_is_refused(api: APIClient, ana: APIClient) -> None:
    wrong = {**POLICY, "steps": [{"after": "soon", "action": "notify"}]}
    said = problem(api.put(f"{ROOT}/review-policies/c", wrong, format="json"), 422, "invalid_review")
    assert {place for _, place in codes(said)} == {"/steps/0/after", "/steps/0/notify"}
    problem(api.put(f"{ROOT}/review-policies/not%20a%20slug", POLICY, format="json"), 422)
    problem(api.get(f"{ROOT}/review-policies/nothing"), 404, "policy_not_found")
    problem(api.get(f"{ROOT}/review-policies/nothing?version=x"), 400)
    problem(ana.put(f"{ROOT}/review-policies/c", POLICY, format="json"), 403)


def test_a_claim_made_elsewhere_shows_in_the_list(ana: APIClient) -> None:
    found = review("1")
    claim_review(review_id=found.pk, by="ana")
    (row,) = ana.get(f"{REVIEWS}?assignee=ana&status=in_review").json()["results"]
    assert row["assignee_name"] == "Ana"


@pytest.mark.one_database
def test_a_reviewer_is_registered_with_login_and_lead_at_once(api: APIClient, make_user: Callable[..., User]) -> None:
    make_user(name="jo")
    body = {"id": "jo", "name": "Jo", "is_lead": True, "user": "jo"}
    made = post(api, f"{ROOT}/reviewers", body)
    assert (made.status_code, made.json()["is_lead"], made.json()["user"]) == (201, True, "jo")
    again = post(api, f"{ROOT}/reviewers", {**body, "is_lead": False, "user": None})
    assert (again.status_code, again.json()["is_lead"], again.json()["user"]) == (200, False, None)
    refused = problem(post(api, f"{ROOT}/reviewers", {**body, "user": "nobody"}), 422, "invalid_review")
    assert refused["errors"][0]["pointer"] == "/user"


@pytest.mark.one_database
def test_a_reviewer_whose_id_or_login_cannot_be_is_refused_with_the_place(
    api: APIClient, make_user: Callable[..., User]
) -> None:
    slash = problem(post(api, f"{ROOT}/reviewers", {"id": "a/b c", "name": "Slash"}), 422, "invalid_review")
    assert slash["errors"][0]["pointer"] == "/id"
    reviewer("adm", user=make_user(name="admin"))
    reviewer("ana")
    taken = problem(api.patch(f"{ROOT}/reviewers/ana", {"user": "admin"}, format="json"), 422, "invalid_review")
    assert taken["errors"][0]["pointer"] == "/user"


@pytest.mark.one_database
def test_an_output_schema_in_the_short_form_is_shown_as_what_it_means(api: APIClient) -> None:
    made = post(api, REVIEWS, {**ASKED, "output_schema": {"total": "number", "currency": "string"}})
    assert made.json()["output_schema"]["required"] == ["total", "currency"]
    refused = problem(post(api, REVIEWS, {**ASKED, "output_schema": {"total": "nmber"}}), 422, "invalid_review")
    assert refused["errors"][0]["pointer"] == "/output_schema/total"
