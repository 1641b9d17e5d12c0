"""Notices: written with what they tell about, sent afterwards, every try on record."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from reviews import clock
from reviews.admin.news import WebhookForm
from reviews.exceptions import InvalidReview
from reviews.models import Notice, NoticeDelivery, WebhookEndpoint
from reviews.notices.outbox import tell_addresses
from reviews.notices.sending import MAX_ATTEMPTS, retry_notice, send_due_notices
from reviews.notices.webhooks import check_address, is_signed, new_secret, sign
from reviews.services.assignment import assign_review
from reviews.services.decisions import decide
from reviews.services.notifications import mark_read
from reviews.services.requests import close_review
from reviews.services.retention import prune_messages
from tests.reviews.scenes import review, reviewer

pytestmark = pytest.mark.django_db


class Receiver:
    """A webhook's other side: keeps what it got, and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def endpoint(receiver: Receiver) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(name="crm", url=receiver.url, secret="shh")


def test_a_webhook_gets_signed_news_without_values(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    asked = review("7")
    decide(review_id=asked.pk, decision="approve", by=reviewer())
    assert send_due_notices() == 2
    assert send_due_notices() == 0
    kinds = [json.loads(body)["type"] for _, body in receiver.got]
    assert kinds == ["review.opened", "review.decided"]
    headers, body = receiver.got[1]
    sent_at = int(headers["webhook-timestamp"])
    assert is_signed("shh", headers, body, now=sent_at + 10)
    assert not is_signed("other", headers, body, now=sent_at)
    assert not is_signed("shh", headers, body + " ", now=sent_at)
    assert not is_signed("shh", headers, body, now=sent_at + 3600), "a replay is refused"
    assert "EUR" not in body
    assert json.loads(body)["decision"] == "approve"


def test_it_is_tried_again_later_with_the_same_id_and_every_try_is_kept(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.status = 500
    review()
    assert send_due_notices() == 0
    assert send_due_notices() == 0, "not at once"
    receiver.status = 200
    with clock.moved(timedelta(minutes=1)):
        assert send_due_notices() == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert list(NoticeDelivery.objects.values_list("attempt", "is_success", "response")) == [
        (1, False, "HTTP 500"),
        (2, True, "HTTP 200"),
    ]


def test_it_gives_up_and_can_be_asked_to_go_on(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status = 503
    review()
    for number in range(MAX_ATTEMPTS + 2):
        with clock.moved(timedelta(days=number)):
            send_due_notices()
    notice = Notice.objects.get()
    assert (notice.status, notice.attempts) == ("failed", MAX_ATTEMPTS)
    receiver.status = 200
    assert retry_notice(notice_id=notice.pk)
    assert not retry_notice(notice_id=notice.pk)
    assert send_due_notices() == 1


@pytest.mark.one_database
def test_a_redirect_is_not_followed(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    receiver.status = 302
    review()
    assert send_due_notices() == 0
    assert NoticeDelivery.objects.get().response == "HTTP 302"


def test_an_endpoint_gets_only_what_it_wants_and_nothing_when_it_is_off(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookEndpoint.objects.update(events=["review.closed"])
    asked = review()
    close_review(review_id=asked.pk, reason="gone", actor="engine")
    WebhookEndpoint.objects.update(is_active=False)
    assert send_due_notices() == 0
    assert Notice.objects.get().status == "failed"
    review()
    assert Notice.objects.count() == 1


def test_who_is_assigned_gets_a_notification_and_an_email(configure: Any) -> None:
    configure(email_url="smtp://mail", site_url="https://ai.example.com")
    ana, asked = reviewer(), review("7")
    assign_review(review_id=asked.pk)
    assert ana.notifications.get().text == "Invoice 7 is yours to review"
    assert send_due_notices() == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ana@example.com"], "Review: Invoice 7")
    assert f"https://ai.example.com/reviews/{asked.pk}/" in str(sent.body)
    assert "Nothing is decided by opening the link" in str(sent.body)


@pytest.mark.parametrize(
    ("url", "secret"), [("https://bot:pw@example.com/hook", "s"), ("https://example.com/hook", "whsec_abc")]
)
def test_one_that_can_never_be_sent_fails_at_once_and_holds_up_no_other(configure: Any, url: str, secret: str) -> None:
    configure(email_url="smtp://mail")
    WebhookEndpoint.objects.create(name="wrong", url=url, secret=secret)
    tell_addresses(review(), ["a@example.com"], "x", "t", clock.now())
    send_due_notices()
    assert dict(Notice.objects.values_list("channel", "status")) == {"webhook": "failed", "email": "sent"}
    assert "it cannot be sent" in NoticeDelivery.objects.get(is_success=False).response
    form = WebhookForm({"name": "hook", "url": url, "secret": secret, "events": "[]", "is_active": "on"})
    assert not form.is_valid()


def test_without_a_mail_server_no_email_waits() -> None:
    reviewer()
    assign_review(review_id=review().pk)
    assert not Notice.objects.exists()


def test_a_mail_server_that_is_away_is_tried_again(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(message: object) -> int:
        raise ConnectionRefusedError("no mail today")

    configure(email_url="smtp://mail")
    reviewer()
    assign_review(review_id=review().pk)
    monkeypatch.setattr(EmailMessage, "send", refuse)
    assert send_due_notices() == 0
    assert NoticeDelivery.objects.get().response == "ConnectionRefusedError: no mail today"
    assert Notice.objects.get().status == "queued"


@pytest.mark.one_database
@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/", "https://", "http://user:pw@host/", "http://a\nb"])
def test_other_addresses_than_http_are_refused(url: str) -> None:
    with pytest.raises(InvalidReview):
        check_address(url)
    assert check_address("https://example.com/x") == "https://example.com/x"


@pytest.mark.one_database
def test_the_signature_is_that_of_the_standard() -> None:
    """The worked example of Standard Webhooks' reference libraries."""
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    headers = sign(secret, message, 1614265330, '{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    secret = new_secret()
    assert is_signed(secret, sign(secret, "1", 5, "x"), "x", 5)


@pytest.mark.one_database
def test_headers_that_are_missing_or_odd_are_no_signature() -> None:
    assert not is_signed("s", {}, "x", 0)
    assert not is_signed("s", {"webhook-id": "1", "webhook-timestamp": "x", "webhook-signature": "y"}, "x", 0)


def test_old_messages_go_and_what_was_not_read_or_sent_stays() -> None:
    ana = reviewer()
    WebhookEndpoint.objects.create(name="crm", url="https://crm.example.com", secret="shh")
    for _ in range(3):
        assign_review(review_id=review().pk)
    first = ana.notifications.last()
    assert first is not None
    assert mark_read(reviewer=ana, notification_id=first.pk) == 1
    Notice.objects.filter(pk=Notice.objects.first().pk).update(status="sent", sent_at=clock.now())  # type: ignore[union-attr]
    assert prune_messages() == 0
    with clock.moved(timedelta(days=91)):
        assert prune_messages() == 2
    assert (ana.notifications.count(), Notice.objects.count()) == (2, 2)
    assert mark_read(reviewer=ana) == 2
