"""Drafts, conflicts and permissions on one review's page: nothing that was written gets lost or shown to others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from reviews import clock
from reviews.models import Draft, ReviewDecision
from reviews.services.claims import claim_review
from reviews.services.decisions import decide
from reviews.services.requests import close_review
from reviews.values import loaded
from tests.pages.reviews.asking import address, claim, filled, said, send, told
from tests.pages.reviews.conftest import READ, Person
from tests.pages.reviews.invoice import ASKED
from tests.reviews.scenes import again, review

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def test_a_draft_is_saved_by_its_button_and_there_again(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    send(ana.client, found, "draft", **{"input/total": "77", "comment": "hm"})
    page = ana.client.get(address(found))
    assert page.context["form"].texts["input/total"] == "77"
    assert "hm" in said(page)
    send(ana.client, found, "discard")
    assert ana.client.get(address(found)).context["form"].changed == 0


def test_a_draft_keeps_what_cannot_be_read_yet(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    answer = ana.client.post(address(found, "draft"), {**filled(ana.client, found), "input/total": "12,"})
    assert answer.json()["version"] == 1
    assert ana.client.get(address(found)).context["form"].texts["input/total"] == "12,"


def test_two_windows_do_not_overwrite_each_other(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    window = filled(ana.client, found)
    ana.client.post(address(found, "draft"), {**window, "input/total": "1"})
    answer = ana.client.post(address(found, "draft"), {**window, "input/total": "2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_conflict")
    assert loaded(Draft.objects.get().output)["total"] == 1


@pytest.mark.parametrize("button", ["approve", "reject"])
def test_who_comes_too_late_is_told_who_decided_and_keeps_what_they_wrote(
    ana: Person, person: Callable[..., Person], button: str
) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    person("lena", is_lead=True)
    with clock.moved(timedelta(hours=1)):
        decide(review_id=found.pk, decision="reject", by="lena", comment="not ours")
    late = {**form, "do": button, "input/total": "99", "comment": "mine", "reject_comment": "mine"}
    page = ana.client.post(address(found, "send"), late)
    text = said(page, 409)
    assert "Lena rejected it on" in text
    assert "not ours" in text
    assert ReviewDecision.objects.filter(review=found).count() == 1
    kept = Draft.objects.get(author="reviewer:ana")
    assert (loaded(kept.output)["total"], kept.comment) == (99, "mine")


def test_a_lost_lease_is_told_with_the_name_of_who_has_it(ana: Person, person: Callable[..., Person]) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    with clock.moved(timedelta(hours=1)):
        person("bea")
        claim_review(review_id=found.pk, by="bea")
        beat = ana.client.post(address(found, "heartbeat"), form)
        assert (beat.status_code, beat.json()["code"]) == (409, "lease_lost")
        page = ana.client.post(address(found, "send"), {**form, "do": "approve", "input/total": "99"})
    assert "Bea has claimed it since" in said(page, 409)
    assert loaded(Draft.objects.get(author="reviewer:ana").output)["total"] == 99


def test_a_heartbeat_keeps_the_claim(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    before = again(found).lease_expires_at
    assert before is not None
    with clock.moved(timedelta(seconds=60)):
        answer = ana.client.post(address(found, "heartbeat"), form)
    after = again(found).lease_expires_at
    assert answer.status_code == 200
    assert after is not None
    assert after > before


def test_an_execution_that_was_cancelled_meanwhile_is_told(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    close_review(review_id=found.pk, reason="the execution is cancelled", actor="engine")
    page = ana.client.post(address(found, "send"), {**form, "do": "approve"})
    assert "cancelled" in said(page, 409)
    assert "Cancelled. The execution is cancelled." in said(ana.client.get(address(found)))


def test_what_was_sent_without_a_login_is_there_after_signing_in(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    browser = Client()
    answer = browser.post(address(found, "send"), {**form, "do": "approve", "input/total": "99", "comment": "mine"})
    assert answer["Location"] == f"/login/?next={address(found)}"
    assert not ReviewDecision.objects.exists()
    browser.post(answer["Location"], {"username": "ana", "password": "pw"})
    page = browser.get(address(found))
    assert "You had been signed out. What you had written is here as your draft" in said(page)
    assert page.context["form"].texts["input/total"] == "99"
    assert loaded(Draft.objects.get().output)["total"] == 99


def test_what_somebody_else_had_written_is_not_shown_to_who_signs_in(
    ana: Person, person: Callable[..., Person]
) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    form = filled(ana.client, found)
    person("bea")
    browser = Client()
    answer = browser.post(address(found, "send"), {**form, "do": "approve", "input/total": "99"})
    browser.post(answer["Location"], {"username": "bea", "password": "pw"})
    assert "99" not in browser.get(address(found)).context["form"].texts.values()


def test_nobody_decides_about_their_own_request(ana: Person) -> None:
    found = review("1", **ASKED, four_eyes=True, created_by="ana")
    response = ana.client.post(address(found, "claim"))
    assert "four eyes" in told(response)[0]


def test_without_the_permission_to_decide_one_looks_on(person: Callable[..., Person]) -> None:
    found = review("1", **ASKED)
    reader = person("rita", *READ, profile=False).client
    assert "You look on" in said(reader.get(address(found)))
    for verb in ("claim", "send", "draft", "heartbeat", "undo"):
        assert reader.post(address(found, verb)).status_code == 403, verb


def test_what_is_above_ones_clearance_is_not_there(ana: Person, lead: Person) -> None:
    found = review("1", **ASKED, sensitivity=3)
    assert ana.client.get(address(found)).status_code == 404
    assert lead.client.get(address(found)).status_code == 200


def test_a_page_takes_few_queries(ana: Person, django_assert_max_num_queries: Any) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    with django_assert_max_num_queries(24):
        ana.client.get(address(found))


def test_the_live_bar_is_asked_for_alone_and_says_when_nothing_changed(ana: Person) -> None:
    found = review("1", **ASKED)
    version = ana.client.get(address(found)).context["version"]
    same = ana.client.get(address(found), {"version": version}, headers={"HX-Request": "true"})
    other = ana.client.get(address(found), {"version": "0"}, headers={"HX-Request": "true"})
    assert same.status_code == 204
    assert 'id="review-bar"' in other.content.decode()
    assert "<form class" not in other.content.decode()
