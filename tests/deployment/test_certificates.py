"""Messages over HTTPS: whose certificates are trusted, and what is said of the others."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from common.tls import trusted
from monitoring.channels import webhook
from monitoring.exceptions import UndeliverableNotice
from reviews.models import NoticeDelivery, WebhookEndpoint
from reviews.notices.sending import send_due_notices
from tests.monitoring.receivers import trickling_server, web_server
from tests.reviews.scenes import review

WORDS = {"kind": "firing"}


@pytest.fixture
def tls(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ssl.SSLContext]:
    """A server's side, with a certificate of an authority that SSL_CERT_FILE names."""
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"alert_webhook_private_hosts": ("127.0.0.1",)})
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(found)
    trusted.cache_clear()
    yield found
    trusted.cache_clear()


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> ssl.SSLContext:
    """The same once nothing names its authority."""
    monkeypatch.delenv("SSL_CERT_FILE")
    return tls


@pytest.fixture
def send_both(db: None) -> Callable[[str], tuple[str, str]]:
    """Sends an alert and the news of a review there; what is said of each."""

    def send(url: str) -> tuple[str, str]:
        WebhookEndpoint.objects.create(name="crm", url=url, secret="shh")
        review()
        send_due_notices()
        try:
            said = webhook.send(url, WORDS, "1")
        except UndeliverableNotice as error:
            said = str(error)
        return said, NoticeDelivery.objects.get().response

    return send


def test_messages_go_to_who_has_a_certificate_of_an_authority_that_is_trusted(
    tls: ssl.SSLContext, send_both: Callable[[str], tuple[str, str]]
) -> None:
    with web_server(tls) as posts:
        assert send_both(posts.url) == ("HTTP 204", "HTTP 204")
    assert [body.get("kind", body.get("type")) for body in posts.bodies] == ["review.opened", "firing"]


def test_to_nobody_else_and_the_reason_is_said(
    stranger: ssl.SSLContext, send_both: Callable[[str], tuple[str, str]]
) -> None:
    with web_server(stranger) as posts:
        alert, news = send_both(posts.url)
    assert "certificate verify failed" in alert
    assert "certificate verify failed" in news.lower()
    assert posts.received == []


def test_certificates_that_cannot_be_read_are_said_with_the_variables(
    tls: ssl.SSLContext, send_both: Callable[[str], tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/authority.pem")
    with web_server(tls) as posts:
        for said in send_both(posts.url):
            assert "no certificates can be read ([Errno 2] No such file or directory): see SSL_CERT_FILE" in said


def test_who_answers_in_a_trickle_is_hung_up_on_past_tls(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    with trickling_server(tls) as url, pytest.raises(UndeliverableNotice, match=r"no complete answer within 0\.5 s"):
        webhook.send(url, WORDS, "1")
