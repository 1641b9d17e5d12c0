"""Reviewers, policies and notifications: pages and forms."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from reviews.models import Absence, EscalationPolicyVersion, Notification, ReviewerProfile
from reviews.services.assignment import reassign_review
from reviews.services.policies import policy_version
from reviews.services.reviewers import add_absence
from tests.pages.reviews.asking import said, told
from tests.pages.reviews.conftest import READ, Person
from tests.reviews.scenes import HOURS, review, reviewer

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def test_the_team_says_who_has_how_much_and_what_nobody_can_take(lead: Person, ana: Person) -> None:
    reassign_review(review_id=review("1").pk, to="ana", by="ana")
    review("2", required_specializations=["tax:4"])
    text = said(lead.client.get("/reviews/people/"))
    assert "2 of 2 reviewers at work, with room for 9 more; 1 review waits for somebody" in text
    assert "Ana At work 1 of 5" in text
    assert "Nobody can take these" in text
    assert 'give the reviewer "tax:4"' in text


def test_what_waits_is_given_out_with_one_button(lead: Person, ana: Person) -> None:
    review("1")
    assert told(lead.client.post("/reviews/people/assign/")) == ["1\u00a0review assigned."]
    assert ana.client.post("/reviews/people/assign/").status_code == 403


def test_a_profile_shows_hours_and_absences_as_a_calendar(ana: Person) -> None:
    reviewer("bea", working_hours=HOURS, time_zone="Europe/Berlin")
    now = timezone.now()
    add_absence(reviewer_id="bea", starts_at=now, ends_at=now + timedelta(hours=1), by="bea", reason="Dentist")
    page = ana.client.get("/reviews/people/bea/")
    days = page.context["days"]
    assert len(days) == 14
    assert days[0].hours == ("09:00–17:00",)
    assert days[5].hours == ()
    assert [day.away for day in days if day.is_today] == ["Dentist"]
    assert "In Europe/Berlin." in said(page)


def test_everybody_sets_their_own_availability_and_absences(ana: Person) -> None:
    reviewer("bea")
    ana.client.post("/reviews/people/ana/availability/", {"availability": "busy"})
    assert ReviewerProfile.objects.get(pk="ana").availability == "busy"
    entered = {"starts_on": "2090-01-02", "ends_on": "2090-01-03", "substitute": "bea", "reason": "Holiday"}
    ana.client.post("/reviews/people/ana/absences/", entered)
    absence = Absence.objects.get()
    assert (absence.ends_at - absence.starts_at, absence.substitute_id) == (timedelta(days=2), "bea")
    ana.client.post(f"/reviews/people/ana/absences/{absence.pk}/")
    assert not Absence.objects.exists()
    for address in ("availability", "absences", "edit"):
        assert ana.client.post(f"/reviews/people/bea/{address}/", {}).status_code == 403, address


def test_an_absence_is_told_in_whole_days_or_with_both_times(ana: Person) -> None:
    days = {"starts_on": "2090-01-02", "ends_on": "2090-01-03"}
    ana.client.post("/reviews/people/ana/absences/", days)
    start = timezone.now().replace(year=2091, month=3, day=4, hour=6, minute=5)
    add_absence(reviewer_id="ana", starts_at=start, ends_at=start + timedelta(hours=2), by="ana")
    text = said(ana.client.get("/reviews/people/ana/"))
    assert "2 Jan 2090 to 3 Jan 2090 " in text
    assert "4 Mar 2091, 06:05 to 4 Mar 2091, 08:05" in text


def test_a_login_that_is_given_is_told_in_words(ana: Person) -> None:
    assert "Ana got a login" in said(ana.client.get("/reviews/people/ana/"))


def test_an_absence_that_makes_no_sense_is_told_beside_its_field(ana: Person) -> None:
    entered = {"starts_on": "2090-01-02", "ends_on": "2090-01-01"}
    text = said(ana.client.post("/reviews/people/ana/absences/", entered), 422)
    assert "The last day comes before the first." in text


GIVEN = {
    "id": "cem",
    "name": "Cem",
    "max_concurrent_reviews": "4",
    "clearance": "0",
    "time_zone": "UTC",
    "is_active": "on",
}


def test_a_reviewer_is_made_and_changed(lead: Person) -> None:
    made = lead.client.post("/reviews/people/new/", {**GIVEN, "specializations": "law:4, tax", "mon": "09:00-17:00"})
    assert made["Location"] == "/reviews/people/cem/"
    found = ReviewerProfile.objects.get(pk="cem")
    assert ([str(skill) for skill in found.skills.all()], found.working_hours) == (
        ["law:4", "tax:3"],
        {"mon": ["09:00-17:00"]},
    )
    lead.client.post("/reviews/people/cem/edit/", {**GIVEN, "name": "Cem A.", "languages": "de, tr"})
    found.refresh_from_db()
    assert (found.name, found.languages, found.working_hours) == ("Cem A.", ["de", "tr"], {})
    assert "changed" in said(lead.client.get("/reviews/people/cem/"))


def test_mistakes_in_a_profile_stand_beside_their_fields(lead: Person) -> None:
    wrong = {**GIVEN, "id": "a b", "time_zone": "Mars/North", "mon": "9 to 5", "specializations": "law:9"}
    page = lead.client.post("/reviews/people/new/", wrong)
    assert set(page.context["form"].errors) == {"id", "time_zone", "mon", "specializations"}
    assert page.status_code == 422


def test_who_is_not_there_is_not_found(ana: Person) -> None:
    assert ana.client.get("/reviews/people/nobody/").status_code == 404
    assert ana.client.get("/reviews/policies/nothing/").status_code == 404


# Policies -------------------------------------------------------------------------------------------------------------

POLICY = {
    "name": "Contracts",
    "due_in": "8h",
    "time_zone": "UTC",
    "steps-TOTAL_FORMS": "2",
    "steps-INITIAL_FORMS": "0",
    "steps-0-after": "4h",
    "steps-0-action": "notify",
    "steps-0-condition": "unclaimed",
    "steps-0-notify": "leads",
    "steps-1-after": "100%",
    "steps-1-action": "decide",
    "steps-1-condition": "always",
    "steps-1-decision": "reject",
}


def test_a_policy_is_written_previewed_and_saved_as_a_version(lead: Person) -> None:
    page = lead.client.post("/reviews/policies/new/", {**POLICY, "policy_id": "contracts", "do": "preview"})
    text = said(page)
    assert "Remind leads, if nobody has claimed it" in text
    assert "It is due" in text
    assert "Reject it by this policy" in text
    assert not EscalationPolicyVersion.objects.filter(policy="contracts").exists()
    lead.client.post("/reviews/policies/new/", {**POLICY, "policy_id": "contracts", "do": "save"})
    lead.client.post("/reviews/policies/contracts/edit/", {**POLICY, "due_in": "2d", "do": "save"})
    assert list(policy_version("contracts").policy.versions.values_list("number", "due_seconds")) == [
        (2, 172_800),
        (1, 28_800),
    ]
    assert "Version 1, an earlier one." in said(lead.client.get("/reviews/policies/contracts/?version=1"))
    again = lead.client.post("/reviews/policies/contracts/edit/", {**POLICY, "due_in": "2d", "do": "save"})
    assert told(again)[-1] == "Nothing had changed."


def test_steps_are_added_and_removed_without_scripts(lead: Person) -> None:
    page = lead.client.post("/reviews/policies/new/", {**POLICY, "policy_id": "c", "do": "add"})
    assert len(page.context["steps"].forms) == 3
    page = lead.client.post("/reviews/policies/new/", {**POLICY, "policy_id": "c", "do": "remove:0"})
    assert [form["action"].value() for form in page.context["steps"].forms] == ["decide"]


def test_a_policy_that_cannot_be_is_refused_with_every_mistake(lead: Person) -> None:
    wrong = {**POLICY, "policy_id": "c", "do": "save", "steps-1-decision": "approve", "steps-0-notify": "nonsense"}
    text = said(lead.client.post("/reviews/policies/new/", wrong), 422)
    assert "approving by time needs" in text
    assert "/steps/0/notify" in text


def test_policies_are_read_by_all_and_changed_by_few(ana: Person, lead: Person) -> None:
    policy_version(None)
    assert "Default" in said(ana.client.get("/reviews/policies/"))
    assert "Escalate it to a lead" in said(ana.client.get("/reviews/policies/default/?high_risk"))
    assert ana.client.post("/reviews/policies/default/edit/", POLICY).status_code == 403


# Notifications, search, overview --------------------------------------------------------------------------------------


def test_notifications_are_listed_and_marked_as_read(ana: Person, lead: Person) -> None:
    for number in range(2):
        reassign_review(review_id=review(str(number)).pk, to="ana", by="lena")
    page = ana.client.get("/reviews/notifications/")
    assert "2 are new on this page." in said(page)
    assert ">2<" in page.content.decode().split("Notifications")[1]
    first = Notification.objects.first()
    assert first is not None
    ana.client.post("/reviews/notifications/", {"id": first.pk})
    assert Notification.objects.filter(read_at=None).count() == 1
    ana.client.post("/reviews/notifications/")
    assert "Nothing is new." in said(ana.client.get("/reviews/notifications/"))


def test_search_finds_reviews_and_reviewers(person: Callable[..., Person]) -> None:
    review("77")
    reviewer("zoe")
    finder = person("finder", *READ, profile=False).client
    assert "Invoice 77" in said(finder.get("/search/?q=voice+7"))
    assert "Zoe" in said(finder.get("/search/?q=zoe"))
    assert "Invoice 77" not in said(person("nobody", "view_execution", profile=False).client.get("/search/?q=voice+7"))


def test_pages_refuse_who_may_not_see_reviews(person: Callable[..., Person]) -> None:
    stranger = person("stranger", "view_execution", profile=False).client
    found: Any = review("1")
    reviewer("bea")
    for address in ("", f"{found.pk}/", "people/", "people/bea/", "policies/", "notifications/", "people/new/"):
        assert stranger.get(f"/reviews/{address}").status_code == 403, address
