"""One review's page: reading changes nothing, the form is typed, and nothing that was written gets lost."""

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
from tests.reviews.scenes import again, review

SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 20},
        "day": {"type": ["string", "null"], "format": "date"},
        "currency": {"enum": ["EUR", "CHF"]},
        "total": {"type": "number", "minimum": 0},
        "paid": {"type": "boolean"},
        "supplier": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"item": {"type": "string"}, "amount": {"type": "number"}},
                "required": ["item", "amount"],
            },
        },
        "words": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["number", "currency", "total", "paid"],
}
VALUE = {
    "number": "A-1",
    "day": "2026-03-31",
    "currency": "EUR",
    "total": 12.50,
    "paid": False,
    "supplier": {"name": "Kestrel", "vat": "CH-1"},
    "lines": [{"item": "a", "amount": 1, "note": "first"}, {"item": "b", "amount": 2, "note": "second"}],
    "words": [],
}
TEXT = "Invoice A-1 of 31.03.2026\n\nTotal 12.50"
SOURCE = {
    "text": TEXT,
    "is_cut": False,
    "places": {"number": [[8, 11]], "total": [[TEXT.index("12.50"), TEXT.index("12.50") + 5]]},
    "confidence": {"number": 0.97, "total": 0.61},
}
ASKED = {
    "output_schema": SCHEMA,
    "proposed_output": VALUE,
    "source": SOURCE,
    "instructions": "Compare the total.",
    "reasons": [
        {"code": "low_field_confidence", "message": "total: 0.61 is below 0.9", "field": "total", "value": 0.61}
    ],
}


def decided(found: Any) -> Any:
    made = ReviewDecision.objects.get(review=found)
    return made.verdict, loaded(made.output)


def test_opening_the_page_claims_nothing(ana: Person) -> None:
    found = review("1", **ASKED)
    page = ana.client.get(address(found))
    assert "You only look on so far: claim it to decide." in said(page)
    assert again(found).status == "pending"
    for verb in ("claim", "send", "draft", "heartbeat", "undo", "answer", "route"):
        assert ana.client.get(address(found, verb)).status_code in (403, 405), verb


def test_it_shows_the_source_with_its_evidence_beside_the_form(ana: Person) -> None:
    found = review("1", **ASKED)
    page = ana.client.get(address(found))
    text = page.content.decode()
    assert '<a class="ev" id="ev1" href="#input/number" title="number">A-1<sup>1</sup></a>' in text
    assert '<a class="ev" id="ev2" href="#input/total" title="total">12.50<sup>2</sup></a>' in text
    assert "Compare the total." in said(page)
    assert "1 field needs a look : Total" in said(page)
    assert 'style="' not in text


def test_what_nobody_touched_is_approved_exactly_as_it_was_proposed(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    assert send(ana.client, found, "approve").status_code == 302
    assert decided(found) == ("approve", VALUE)


def test_an_edit_changes_its_field_and_keeps_everything_else(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    changes = {
        "input/total": "13",
        "input/paid": "on",
        "input/day": "",
        "input/words": "x\ny",
        "input/supplier/name": "Merlin",
    }
    send(ana.client, found, "approve", **changes)
    supplier = {"name": "Merlin", "vat": "CH-1"}
    expected = {**VALUE, "total": 13, "paid": True, "day": None, "words": ["x", "y"], "supplier": supplier}
    assert decided(found) == ("approve_with_edits", expected)


def test_rows_of_a_list_are_added_changed_and_removed_without_scripts(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    send(ana.client, found, "remove:input/lines/0")
    send(ana.client, found, "add:input/lines")
    send(ana.client, found, "approve", **{"input/lines/1/item": "c", "input/lines/1/amount": "3"})
    lines = [{"item": "b", "amount": 2, "note": "second"}, {"item": "c", "amount": 3}]
    assert decided(found) == ("approve_with_edits", {**VALUE, "lines": lines})


def test_a_field_goes_back_to_the_models_value(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    page = send(ana.client, found, "draft", **{"input/total": "99"})
    assert "was 12.5 Revert" in said(page)
    page = send(ana.client, found, "revert:input/total")
    assert page.context["form"].changed == 0


def test_the_changes_are_listed(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    text = said(send(ana.client, found, "draft", **{"input/total": "99", "input/supplier/name": "Merlin"}))
    assert "− total: 12.5 + total: 99" in text
    assert "− supplier › name: Kestrel + supplier › name: Merlin" in text
    assert "Approve with 2 edits" in text


def test_errors_stand_beside_their_fields_and_nothing_is_decided(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    page = send(ana.client, found, "approve", **{"input/total": "a lot"})
    assert "Give a number, such as 12.5." in said(page, 422)
    page = send(ana.client, found, "approve", **{"input/total": "-5"})
    assert page.context["form"].errors == {"input/total": ["-5 is less than the minimum of 0."]}
    assert 'value="-5"' in page.content.decode()
    assert not ReviewDecision.objects.filter(review=found).exists()


@pytest.mark.parametrize(
    ("output_schema", "proposed", "json", "expected"),
    [
        ({"type": "array", "items": {"type": "integer"}}, [1, 2], "[1, 2, 3]", [1, 2, 3]),
        (None, "a text", '"another"', "another"),
        ({"type": "object", "properties": {"x": {"type": "integer"}}}, {"x": [1]}, '{"x": 5}', {"x": 5}),
    ],
)
def test_what_fields_cannot_say_is_edited_as_json(
    ana: Person, output_schema: Any, proposed: Any, json: str, expected: Any
) -> None:
    found = review("1", output_schema=output_schema, proposed_output=proposed)
    claim(ana.client, found)
    send(ana.client, found, "approve", json=json)
    assert decided(found) == ("approve_with_edits", expected)


def test_broken_json_is_told_and_kept(ana: Person) -> None:
    found = review("1", output_schema=None, proposed_output=[1])
    claim(ana.client, found)
    page = send(ana.client, found, "approve", json="[1,")
    assert "Line 1, column 4" in said(page, 422)
    assert "[1," in page.content.decode()


def test_an_output_without_a_schema_gets_fields_from_its_own_shape(ana: Person) -> None:
    found = review("1", output_schema=None, proposed_output={"label": "invoice", "score": 0.5, "is_new": True})
    claim(ana.client, found)
    send(ana.client, found, "approve", **{"input/label": "contract"})
    assert decided(found)[1] == {"label": "contract", "score": 0.5, "is_new": True}


def test_what_may_not_be_edited_is_approved_as_it_is(ana: Person) -> None:
    found = review("1", **ASKED, may_edit=False)
    claim(ana.client, found)
    send(ana.client, found, "approve", **{"input/total": "99"})
    assert decided(found) == ("approve", VALUE)


def test_rejecting_asks_for_a_reason(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    page = send(ana.client, found, "reject")
    assert "Say why you reject it" in said(page, 422)
    send(ana.client, found, "reject", reason_code="unreadable", reject_comment="a blur")
    made = ReviewDecision.objects.get(review=found)
    assert (made.verdict, made.reason_code, made.comment, made.channel) == ("reject", "unreadable", "a blur", "page")
    assert "Ana rejected it" in said(ana.client.get(address(found)))


@pytest.mark.parametrize(("button", "field"), [("escalate", "escalate_comment"), ("ask", "question")])
def test_escalating_and_asking_need_words(ana: Person, button: str, field: str) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    page = send(ana.client, found, button)
    assert page.status_code == 422
    assert page.context["opened"] == button
    assert f'id="{field}_error"' in page.content.decode()
    assert send(ana.client, found, button, **{field: "which supplier?"}).status_code == 302


def test_a_question_is_answered_and_the_review_goes_on(ana: Person, person: Callable[..., Person]) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    send(ana.client, found, "ask", question="Which of the two?")
    asker = person("bob", *READ, profile=False)
    assert "ana asks: Which of the two?" in said(asker.client.get(address(found)))
    asker.client.post(address(found, "answer"), {"answer": "The first."})
    assert again(found).status == "assigned"
    assert "bob: The first." in said(ana.client.get(address(found)))


def test_submitting_goes_on_with_the_next_one(ana: Person) -> None:
    first, second = review("1", **ASKED), review("2", **ASKED)
    claim(ana.client, first)
    response = send(ana.client, first, "approve", next="on")
    assert response["Location"] == address(second)
    assert again(second).assignee_id == "ana"
    response = send(ana.client, second, "approve", next="on")
    assert (response["Location"], told(response)[-1]) == ("/reviews/", "That was the last: nothing else waits for you.")


def test_a_decision_can_be_undone_while_its_time_runs(ana: Person) -> None:
    first, second = review("1", **ASKED, undo_seconds=600), review("2", **ASKED)
    claim(ana.client, first)
    send(ana.client, first, "approve", next="on")
    text = said(ana.client.get(address(second)))
    assert "Approved: Invoice 1 . It takes effect in" in text, text
    ana.client.post(address(first, "undo"))
    assert again(first).status == "in_review"
    with clock.moved(timedelta(hours=1)):
        claim_review(review_id=first.pk, by="ana")
        send(ana.client, first, "approve")
    with clock.moved(timedelta(hours=2)):
        response = ana.client.post(address(first, "undo"))
    assert "cannot be undone any more" in told(response)[-1]


# Drafts and conflicts -------------------------------------------------------------------------------------------------


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
