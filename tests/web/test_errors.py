"""Errors are designed pages, and problems in JSON under /api/."""

import logging
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client


def test_a_missing_page_keeps_the_frame_for_who_is_signed_in(as_mira: Client) -> None:
    answer = as_mira.get("/nothing/<here>/")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert 'class="sidebar"' in html
    assert "/nothing/&lt;here&gt;/" in html


def test_a_missing_page_shows_a_visitor_no_frame(visitor: Client, db: None) -> None:
    answer = visitor.get("/nothing/")
    assert answer.status_code == 404
    assert 'class="sidebar"' not in answer.content.decode()


def test_a_missing_thing_is_named(as_mira: Client) -> None:
    assert "Execution 0000dead does not exist." in as_mira.get("/testing/gone/").content.decode()


def test_a_missing_permission_is_named(as_mira: Client) -> None:
    answer = as_mira.get("/testing/guarded/")
    assert answer.status_code == 403
    assert "the permission to add group (auth.add_group)" in answer.content.decode()


def test_a_page_asks_visitors_to_sign_in(visitor: Client, db: None) -> None:
    assert visitor.get("/testing/guarded/?a=1")["Location"] == "/login/?next=/testing/guarded/%3Fa%3D1"


def test_a_fragment_sends_the_whole_page_to_the_login(visitor: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/executions/?q=1"}
    answer = visitor.get("/testing/guarded/", headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login/?next=/executions/%3Fq%3D1")


def test_a_fault_of_ours_has_an_id_that_the_log_has_too(as_mira: Client, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("django").propagate = True
    try:
        with caplog.at_level(logging.ERROR, "django.request"):
            answer = as_mira.get("/testing/crash/")
    finally:
        logging.getLogger("django").propagate = False
    assert answer.status_code == 500
    (shown,) = re.findall(r"err_[0-9a-f]{8}", answer.content.decode())
    assert shown in caplog.text


def test_a_fault_of_ours_is_shown_without_a_database(visitor: Client) -> None:
    """pytest-django refuses every query here."""
    answer = visitor.get("/testing/crash/")
    assert answer.status_code == 500
    assert "This page could not be made" in answer.content.decode()


def test_a_form_without_its_token_is_explained(visitor: Client, mira: User) -> None:
    answer = visitor.post("/login/", {"username": "mira"})
    assert answer.status_code == 403
    assert "The form was not sent" in answer.content.decode()


def test_an_address_that_is_not_ours_is_explained(visitor: Client) -> None:
    answer = visitor.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "The request cannot be read" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "host", "status"), [("/api/nothing", "testserver", 404), ("/api/v1/x", "evil", 400)]
)
def test_errors_of_the_api_stay_json(visitor: Client, address: str, host: str, status: int) -> None:
    answer = visitor.get(address, headers={"Host": host})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
