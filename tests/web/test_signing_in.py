"""Signing in and out, and the account page."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.web.conftest import PASSWORD


def sign_in(client: Client, **sent: str) -> tuple[int, str]:
    """The status and where it leads, sent as a browser would: with the token of the form."""
    form = client.get("/login/", {"next": sent.get("next", "")}).content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[0]
    answer = client.post("/login/", {"username": "mira", "password": PASSWORD, "csrfmiddlewaretoken": token, **sent})
    return answer.status_code, answer.headers.get("Location", answer.content.decode())


def test_signing_in_leads_to_the_overview(visitor: Client, mira: User) -> None:
    assert sign_in(visitor) == (302, "/")


def test_signing_in_leads_back_to_where_one_was_going(visitor: Client, mira: User) -> None:
    answer = visitor.get("/account/?a=1")
    assert answer["Location"] == "/login/?next=/account/%3Fa%3D1"
    assert sign_in(visitor, next="/account/?a=1") == (302, "/account/?a=1")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "https:evil.example", "javascript:alert(1)", "\\\\evil"]
)
def test_signing_in_never_leads_to_another_site(visitor: Client, mira: User, elsewhere: str) -> None:
    assert sign_in(visitor, next=elsewhere) == (302, "/")


def test_a_wrong_password_is_told_and_the_name_kept(visitor: Client, mira: User) -> None:
    status, html = sign_in(visitor, password="wrong")
    assert status == 200
    assert 'role="alert"' in html
    assert 'value="mira"' in html
    assert 'value="wrong"' not in html


def test_somebody_unknown_is_told_the_same(visitor: Client, mira: User) -> None:
    _, known = sign_in(visitor, password="wrong")
    _, unknown = sign_in(visitor, username="nobody", password="wrong")
    volatile = r'value="[^"]*"|nonce="[^"]*"|data-now="[^"]*"|hx-headers=\'[^\']*\''
    assert re.sub(volatile, "", known) == re.sub(volatile, "", unknown)


@pytest.mark.parametrize(("remember", "until_closed"), [("on", False), ("", True)])
def test_a_session_ends_with_the_browser_unless_it_is_to_be_kept(
    visitor: Client, mira: User, remember: str, until_closed: bool
) -> None:
    sign_in(visitor, remember=remember)
    assert visitor.session.get_expire_at_browser_close() is until_closed


def test_who_is_signed_in_needs_no_login_page(as_mira: Client) -> None:
    assert as_mira.get("/login/")["Location"] == "/"


def test_signing_out_is_a_post(as_mira: Client) -> None:
    assert as_mira.get("/logout/").status_code == 405
    assert as_mira.post("/logout/")["Location"] == "/login/"
    assert as_mira.get("/account/").status_code == 302


def test_the_account_page_says_who_one_is_and_changes_the_name(as_mira: Client, mira: User) -> None:
    assert "signed in as mira" in as_mira.get("/account/").content.decode()
    answer = as_mira.post("/account/", {"first_name": "Mira", "last_name": "Lind", "email": ""}, follow=True)
    mira.refresh_from_db()
    assert mira.last_name == "Lind"
    assert "Your account is saved." in answer.content.decode()


def test_a_bad_address_is_told_beside_its_field(as_mira: Client, mira: User) -> None:
    html = as_mira.post("/account/", {"email": "nowhere"}).content.decode()
    assert 'id="id_email_error"' in html
    mira.refresh_from_db()
    assert mira.email == "mira@example.com"


def test_a_new_password_keeps_one_signed_in(as_mira: Client, mira: User) -> None:
    new = "another good-enough one"
    sent = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    answer = as_mira.post("/account/password/", sent, follow=True)
    assert answer.redirect_chain == [("/account/", 302)]
    assert "Your password is changed." in answer.content.decode()
    mira.refresh_from_db()
    assert mira.check_password(new)


def test_a_weak_password_is_refused_with_the_reason(as_mira: Client) -> None:
    sent = {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
    html = as_mira.post("/account/password/", sent).content.decode()
    assert "The password is not changed." in html
    assert "too short" in html
