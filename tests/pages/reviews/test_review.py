"""One review's page: reading changes nothing, the form is typed, and nothing that was written gets lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from reviews import clock
from reviews.models import ReviewDecision
from reviews.services.claims import claim_review
from tests.pages.reviews.asking import address, claim, said, send, told
from tests.pages.reviews.conftest import READ, Person
from tests.pages.reviews.invoice import ASKED, VALUE, decided
from tests.reviews.scenes import again, review

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


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


def test_a_decided_review_says_what_was_decided_and_asks_for_nothing(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    send(ana.client, found, "approve")
    text = said(ana.client.get(address(found)))
    assert "approved it" in text
    assert "Choose …" not in text
    assert "needs a look" not in text


def test_a_confidence_that_nobody_judges_is_neither_good_nor_bad(ana: Person) -> None:
    reasons = [{"code": "low_field_confidence", "message": "0.67 is below 0.7", "field": "total", "value": 0.67}]
    source = {"text": "A-1", "confidence": {"total": 0.67, "number": 0.67, "currency": 0.95}}
    found = review("1", **ASKED | {"reasons": reasons, "source": source})
    page = ana.client.get(address(found)).content.decode()
    assert re.findall(r'class="m-(\w+)" width="(\d+)%"', page) == [("idle", "67"), ("ok", "95"), ("wait", "67")]


def test_a_claim_says_until_when_it_holds(ana: Person) -> None:
    found = review("1", **ASKED)
    claim(ana.client, found)
    until = again(found).lease_expires_at
    assert until
    assert f"Yours until {until:%H:%M} " in said(ana.client.get(address(found)))


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
