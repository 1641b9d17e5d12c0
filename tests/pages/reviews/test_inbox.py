"""The inbox: what is mine, what I may take, what I did; filters in the address; starting; giving out in bulk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from reviews import clock
from reviews.services.assignment import reassign_review
from reviews.services.claims import claim_review
from reviews.services.decisions import decide
from reviews.views.words import countdown
from tests.pages.reviews.asking import said, told
from tests.pages.reviews.conftest import READ, Person
from tests.reviews.scenes import again, review, reviewer


def titles(page: Any) -> list[str]:
    return [row["title"] for row in page.context["rows"]]


@pytest.mark.one_database
def test_it_opens_with_what_is_mine_and_says_how_much_waits(ana: Person) -> None:
    mine = review("1")
    review("2")
    claim_review(review_id=mine.pk, by="ana")
    page = ana.client.get("/reviews/")
    assert "1 review is yours; 1 more waits for somebody like you." in said(page)
    assert titles(page) == ["Invoice 1"]


@pytest.mark.one_database
def test_without_anything_of_ones_own_it_opens_with_what_may_be_taken(ana: Person) -> None:
    review("1")
    review("2", required_specializations=["law"])
    assert titles(ana.client.get("/reviews/")) == ["Invoice 1"]


def test_least_time_to_spare_comes_first(ana: Person) -> None:
    review("late", due_in=timedelta(hours=40))
    review("soon", due_in=timedelta(hours=1))
    assert titles(ana.client.get("/reviews/?tab=unclaimed")) == ["Invoice soon", "Invoice late"]


def test_tabs_show_their_reviews_and_numbers(ana: Person) -> None:
    done, escalated, mine = review("done"), review("up"), review("mine")
    claim_review(review_id=mine.pk, by="ana")
    decide(review_id=done.pk, decision="approve", by="ana")
    decide(review_id=escalated.pk, decision="escalate", by="ana", comment="too hard")
    page = ana.client.get("/reviews/?tab=done")
    assert titles(page) == ["Invoice done"]
    assert {tab.label: tab.count for tab in page.context["tabs"]} == {
        "Mine": 1,
        "Unclaimed": 0,
        "Escalated": 0,
        "Waiting for information": 0,
        "Put off": 0,
        "Done": 1,
    }


def test_leads_see_everything_others_do_not(ana: Person, lead: Person) -> None:
    found = review("1")
    claim_review(review_id=found.pk, by="ana")
    assert titles(lead.client.get("/reviews/?tab=all")) == ["Invoice 1"]
    assert ana.client.get("/reviews/?tab=all").status_code == 404


def test_filters_are_in_the_address(ana: Person) -> None:
    review("1", priority="urgent", reasons=[{"code": "low_confidence", "message": "0.4 is below 0.8", "value": 0.4}])
    review("2", required_specializations=[])
    assert titles(ana.client.get("/reviews/?tab=unclaimed&priority=urgent")) == ["Invoice 1"]
    assert titles(ana.client.get("/reviews/?tab=unclaimed&reason=low_confidence")) == ["Invoice 1"]
    assert titles(ana.client.get("/reviews/?tab=unclaimed&q=voice+2")) == ["Invoice 2"]
    nothing = ana.client.get("/reviews/?tab=unclaimed&q=nothing")
    assert "Nothing matches" in said(nothing)
    assert nothing.context["clear_url"] == "/reviews/?tab=unclaimed"
    assert ana.client.get("/reviews/?tab=unclaimed").context["clear_url"] == ""


@pytest.mark.one_database
def test_a_row_says_why_a_person_is_asked(ana: Person) -> None:
    review("1", risk="high", reasons=[{"code": "low_confidence", "message": "0.4 is below 0.8", "value": 0.4}])
    text = said(ana.client.get("/reviews/?tab=unclaimed"))
    assert "High risk Low confidence 0.40" in text


@pytest.mark.one_database
def test_what_is_done_says_what_was_decided(ana: Person) -> None:
    decide(review_id=review("1").pk, decision="reject", by="ana", comment="torn")
    rows = ana.client.get("/reviews/?tab=done").context["rows"]
    assert [row["label"] for row in rows] == ["rejected"]


@pytest.mark.one_database
def test_what_is_asked_of_a_reviewer_is_said_in_words(lead: Person) -> None:
    review("1", required_specializations=["law:4", "tax?"])
    page = lead.client.get("/reviews/?tab=all").content.decode()
    assert '<span class="tag" title="Somebody who knows law at level 4 or above">law 4</span>' in page
    assert '<span class="tag" title="Rather somebody who knows tax at any level">tax preferred</span>' in page


def test_many_rows_are_paged(ana: Person) -> None:
    for number in range(53):
        review(str(number), proposed_output={}, output_schema=None)
    page = ana.client.get("/reviews/?tab=unclaimed")
    assert len(titles(page)) == 50
    assert len(titles(ana.client.get(page.context["pager"].older))) == 3
    assert ana.client.get("/reviews/?cursor=nonsense").status_code == 404


@pytest.mark.one_database
def test_starting_claims_the_next_and_opens_it(ana: Person) -> None:
    review("later", due_in=timedelta(hours=40))
    first = review("soon", due_in=timedelta(hours=1))
    response = ana.client.post("/reviews/next/")
    assert response["Location"] == reverse("review", args=[first.pk])
    assert again(first).status == "in_review"


@pytest.mark.one_database
def test_starting_without_room_says_so(person: Callable[..., Person]) -> None:
    bob = person("bob", capacity=1)
    first, _ = review("1"), review("2")
    claim_review(review_id=first.pk, by="bob")
    response = bob.client.post("/reviews/next/", {"beside": str(first.pk)})
    assert "has no room" in told(response)[0] or "has 1 of 1" in told(response)[0]


@pytest.mark.one_database
def test_it_follows_by_itself(ana: Person) -> None:
    page = ana.client.get("/reviews/?tab=unclaimed")
    version = page.context["version"]
    ask = {"HX-Request": "true"}
    assert ana.client.get("/reviews/", {"tab": "unclaimed", "version": version}, headers=ask).status_code == 204
    review("1")
    fresh = ana.client.get("/reviews/", {"tab": "unclaimed", "version": version}, headers=ask)
    assert "Invoice 1" in fresh.content.decode()
    assert "<html" not in fresh.content.decode()


def test_it_takes_as_many_queries_for_many_as_for_few(ana: Person, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        review(str(number))
    with django_assert_max_num_queries(33):
        ana.client.get("/reviews/?tab=unclaimed")


@pytest.mark.one_database
def test_somebody_without_a_profile_is_told_how_to_get_one(person: Callable[..., Person]) -> None:
    boss = person("boss", *READ, "decide_reviewrequest", "route_reviewrequest", "change_reviewerprofile", profile=False)
    review("1")
    page = boss.client.get("/reviews/")
    assert "You have no reviewer profile" in said(page)
    form = boss.client.get("/reviews/people/new/?me=1").context["form"]
    given = {"id": "boss", "name": "Boss", "user": "boss", "max_concurrent_reviews": 3, "clearance": 0}
    assert form.initial["id"] == "boss"
    made = boss.client.post("/reviews/people/new/?me=1", {**given, "time_zone": "UTC", "is_active": "on"})
    assert told(made) == ["Boss is a reviewer now."], made.context["form"].errors
    assert boss.client.post("/reviews/next/")["Location"].startswith("/reviews/0")


# Several at once ------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_several_are_given_to_somebody_after_a_preview(lead: Person) -> None:
    reviewer("bea")
    rows = [review("1"), review("2")]
    chosen = {"id": [str(row.pk) for row in rows], "to": "bea"}
    page = lead.client.get("/reviews/selected/", chosen)
    assert said(page).count("goes to Bea (0 of 5 now)") == 2
    assert again(rows[0]).assignee_id is None
    answer = lead.client.post("/reviews/selected/", {**chosen, "do": "assign"})
    assert told(answer) == ["2\u00a0reviews assigned."]
    assert {again(row).assignee_id for row in rows} == {"bea"}


@pytest.mark.one_database
def test_each_of_several_reports_its_own_outcome(lead: Person) -> None:
    reviewer("bea", "law")
    good, bad = review("1"), review("2", required_specializations=["tax"])
    chosen = {"id": [str(good.pk), str(bad.pk)], "to": "bea"}
    page = lead.client.get("/reviews/selected/", chosen)
    assert "Bea does not know tax" in said(page)
    answer = lead.client.post("/reviews/selected/", {**chosen, "do": "assign"})
    assert told(answer)[0] == "1\u00a0review assigned."
    assert "does not know tax" in told(answer)[1]


@pytest.mark.one_database
def test_giving_out_needs_the_permission_to_route(ana: Person) -> None:
    found = review("1")
    for address in ("/reviews/selected/", f"/reviews/{found.pk}/reassign/", f"/reviews/{found.pk}/route/"):
        assert ana.client.post(address, {"id": str(found.pk), "to": "ana"}).status_code == 403, address


@pytest.mark.one_database
def test_one_is_given_to_somebody_by_a_dialog(lead: Person, ana: Person) -> None:
    found = review("1")
    question = lead.client.get(f"/reviews/{found.pk}/reassign/", headers={"HX-Request": "true"})
    assert "<html" not in question.content.decode()
    lead.client.post(f"/reviews/{found.pk}/reassign/", {"to": "ana", "reason": "knows them"})
    assert again(found).assignee_id == "ana"
    assert "you" not in said(lead.client.get(f"/reviews/{found.pk}/")).split("Context")[0].split("reviewing")[0][-40:]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("verb", "data", "status"),
    [
        ("release", {"reason": "lunch"}, "pending"),
        ("decline", {"reason": "I know them"}, "pending"),
        ("snooze", {"until": "2090-01-01T12:00"}, "snoozed"),
    ],
)
def test_giving_back_declining_and_putting_off_ask_first(ana: Person, verb: str, data: Any, status: str) -> None:
    found = review("1")
    claim_review(review_id=found.pk, by="ana")
    address = f"/reviews/{found.pk}/{verb}/"
    assert ana.client.get(address).status_code == 200
    assert again(found).status == "in_review"
    ana.client.post(address, data)
    assert again(found).status == status


@pytest.mark.one_database
def test_declining_needs_a_reason(ana: Person) -> None:
    found = review("1")
    claim_review(review_id=found.pk, by="ana")
    assert ana.client.post(f"/reviews/{found.pk}/decline/", {}).status_code == 422


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (timedelta(minutes=-12), "12\u00a0min overdue", "bad"),
        (timedelta(hours=-50), "2\u00a0d overdue", "bad"),
        (timedelta(seconds=20), "1\u00a0min left", "wait"),
        (timedelta(hours=2, minutes=20), "2\u00a0h\u00a020\u00a0m left", "wait"),
        (timedelta(hours=8), "today by 18:00", "muted"),
        (timedelta(hours=26), "tomorrow by 12:00", "muted"),
        (timedelta(days=3), "Wed by 10:00", "muted"),
        (timedelta(days=20), "12\u00a0Dec by 10:00", "muted"),
    ],
)
def test_due_times_are_said_in_words(left: timedelta, text: str, tone: str) -> None:
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    found = countdown(now + left, now)
    assert (found.text, found.tone) == (text, tone)


def test_overdue_is_counted(ana: Person) -> None:
    found = review("1", due_in=timedelta(minutes=5))
    reassign_review(review_id=found.pk, to="ana", by="ana")
    with clock.moved(timedelta(hours=1)):
        assert "1 review is yours, 1 overdue." in said(ana.client.get("/reviews/"))
