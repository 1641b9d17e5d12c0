"""The admin of reviews: every model has a list and a page, states are read only, verbs go through the services."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.audit.trail import write_checkpoint
from reviews.models import Absence, NoticeDelivery, ReviewEvent, ReviewRequest, WebhookEndpoint
from reviews.notices.outbox import tell_reviewers
from reviews.services.claims import claim_review
from reviews.services.decisions import decide
from reviews.services.drafts import save_draft
from reviews.services.requests import close_review
from reviews.services.reviewers import add_absence
from tests.admin.asking import address_of, address_of_list, do, do_all, listed, text_of, told, tools
from tests.reviews.scenes import again, review, reviewer

MODELS: list[Any] = list(apps.get_app_config("reviews").get_models())


@pytest.fixture
def busy(db: None) -> ReviewRequest:
    """A review about which something of every kind is on record."""
    ana, bea = reviewer("ana", "law"), reviewer("bea", is_lead=True)
    WebhookEndpoint.objects.create(name="chat", url="https://example.com/hook", secret="s")
    reviewer("zoe")
    found = review("1", conflicts=["zoe"])
    claim_review(review_id=found.pk, by=ana)
    save_draft(review_id=found.pk, by=ana, comment="hm")
    decide(review_id=found.pk, decision="need_information", by=ana, comment="Which one?")
    other = review("2")
    decide(review_id=other.pk, decision="escalate", by=bea, comment="hard")
    now = timezone.now()
    add_absence(reviewer_id="ana", starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2), by=bea)
    notice = found.notices.first()
    assert notice is not None
    NoticeDelivery.objects.create(notice=notice, attempt=1, at=now, seconds=0.1, is_success=False, response="500")
    tell_reviewers(found, [ana], "review.assigned", "yours", now)
    write_checkpoint()
    return found


def test_every_model_has_a_list_and_a_page(busy: ReviewRequest, boss: Client) -> None:
    for model in MODELS:
        rows = listed(boss, model)
        assert rows, f"nothing of {model} to look at"
        assert boss.get(address_of(rows[0])).status_code == 200, model


def test_nothing_but_webhooks_is_added_edited_or_deleted_by_hand(busy: ReviewRequest, boss: Client) -> None:
    for model in MODELS:
        if model is WebhookEndpoint:
            continue
        name = f"admin:reviews_{model._meta.model_name}"
        row = model._default_manager.first()
        assert boss.get(reverse(f"{name}_add")).status_code == 403, model
        assert boss.post(address_of(row), {"status": "decided"}).status_code == 403, model
        assert boss.get(reverse(f"{name}_delete", args=[row.pk])).status_code in (403, 404, 302), model
        assert model._default_manager.filter(pk=row.pk).exists(), model


def test_a_review_is_assigned_given_back_and_closed(boss: Client) -> None:
    reviewer("ana")
    found = review("1")
    assert tools(boss, found) == [
        "Open its page",
        "Assign by routing",
        "Assign to somebody",
        "Close without a decision",
    ]
    do(boss, found, "assign")
    assert again(found).assignee_id == "ana"
    do(boss, found, "release", reason="on leave")
    assert again(found).status == "pending"
    do(boss, found, "reassign", to="ana")
    assert again(found).assignee_id == "ana"
    do(boss, found, "close", reason="obsolete")
    assert (again(found).status, again(found).close_reason) == ("cancelled", "obsolete")
    last = ReviewEvent.objects.filter(stream=f"review:{found.pk}").last()
    assert last is not None
    assert (last.channel, last.actor) == ("admin", "user:boss")


def test_what_an_ended_review_was_about_is_erased(boss: Client, staff: Callable[..., Client]) -> None:
    found, still_open = review("1"), review("2")
    close_review(review_id=found.pk, reason="obsolete", actor="engine")
    router = staff("view_reviewrequest", "route_reviewrequest")
    assert "Erase what it was about" not in tools(router, found)
    assert "Erase what it was about" in tools(boss, found)
    assert "Erase what it was about" not in tools(boss, still_open)
    do(boss, found, "erase", reason="asked to be forgotten")
    assert (again(found).input, again(found).close_reason) == (None, "")
    last = ReviewEvent.objects.filter(stream=f"review:{found.pk}").last()
    assert last is not None
    assert (last.kind, last.channel, last.actor) == ("review.erased", "admin", "user:boss")
    do(boss, still_open, "erase", reason="too early")
    assert again(still_open).input is not None


def test_several_are_assigned_and_each_says_why_not(boss: Client) -> None:
    reviewer("ana", capacity=1)
    rows = [review("1"), review("2")]
    answer = do_all(boss, rows, "assign", confirmed="yes")
    assert "1\u00a0review request assigned." in told(answer)
    assert any("Nobody" in message for message in told(answer))


def test_a_decision_is_undone_while_its_time_runs(boss: Client) -> None:
    ana = reviewer("ana")
    found = review("1", undo_seconds=600)
    decide(review_id=found.pk, decision="approve", by=ana)
    do(boss, found, "undo")
    assert again(found).status == "in_review"


def test_verbs_ask_for_the_permission_to_route(staff: Callable[..., Client]) -> None:
    reviewer("ana")
    found = review("1")
    looker = staff("view_reviewrequest")
    assert tools(looker, found) == ["Open its page"]
    assert do(looker, found, "assign").status_code == 403


def test_a_reviewer_is_deactivated_and_gives_up_their_reviews(boss: Client) -> None:
    ana = reviewer("ana")
    found = review("1")
    claim_review(review_id=found.pk, by=ana)
    do(boss, ana, "deactivate")
    assert again(found).status == "pending"
    do(boss, ana, "activate")
    ana.refresh_from_db()
    assert ana.is_active


def test_an_absence_is_taken_back(boss: Client, busy: ReviewRequest) -> None:
    do(boss, Absence.objects.get(), "take-back")
    assert not Absence.objects.exists()


def test_a_webhook_is_edited_and_its_secret_never_shown(boss: Client) -> None:
    given = {"name": "chat", "url": "https://example.com/hook", "events": "[]", "is_active": "on"}
    page = boss.post(reverse("admin:reviews_webhookendpoint_add"), given)
    assert "A webhook needs a secret." in text_of(page)
    boss.post(reverse("admin:reviews_webhookendpoint_add"), {**given, "secret": "top-secret"})
    row = WebhookEndpoint.objects.get()
    assert "top-secret" not in boss.get(address_of(row)).content.decode()
    boss.post(address_of(row), {**given, "url": "https://example.com/other"})
    row.refresh_from_db()
    assert (row.url, row.secret) == ("https://example.com/other", "top-secret")
    wrong = boss.post(address_of(row), {**given, "url": "ftp://example.com/"})
    assert "http" in text_of(wrong)


def test_lists_take_as_many_queries_for_many_rows_as_for_few(boss: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(13):
        review(str(number))
    with django_assert_max_num_queries(12):
        boss.get(address_of_list(ReviewRequest))
