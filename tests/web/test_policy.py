"""The Content-Security-Policy of pages, of the admin and of the API's documentation."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client


def read_policy(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


def test_a_page_allows_scripts_with_its_nonce_and_nothing_inline(as_mira: Client) -> None:
    answer = as_mira.get("/account/")
    policy = read_policy(answer["Content-Security-Policy"])
    nonces = set(re.findall(r'<script [^>]*nonce="([^"]+)"', answer.content.decode()))
    assert policy["script-src"] == [f"'nonce-{nonces.pop()}'", "'strict-dynamic'"]
    assert nonces == set()
    assert policy["default-src"] == ["'none'"]
    assert policy["style-src"] == policy["img-src"] == policy["connect-src"] == ["'self'"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_every_answer_has_a_nonce_of_its_own(as_mira: Client) -> None:
    assert as_mira.get("/account/")["Content-Security-Policy"] != as_mira.get("/account/")["Content-Security-Policy"]


def test_every_script_of_a_page_carries_the_nonce(as_mira: Client) -> None:
    tags = re.findall(r"<script[^>]*>", as_mira.get("/account/").content.decode())
    assert len(tags) == 2
    assert all("nonce=" in tag and "src=" in tag for tag in tags)


def test_htmx_evaluates_nothing_and_keeps_no_pages(as_mira: Client) -> None:
    html = as_mira.get("/account/").content.decode()
    for setting in (
        '"allowEval":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
        '"historyCacheSize":0',
    ):
        assert setting in html


@pytest.mark.parametrize("address", ["/nothing/", "/testing/crash/", "/testing/gone/"])
def test_errors_have_a_policy_too(as_mira: Client, address: str) -> None:
    assert "default-src 'none'" in as_mira.get(address)["Content-Security-Policy"]


def test_the_admin_alone_may_evaluate(operator: Client) -> None:
    assert "'unsafe-eval'" in operator.get("/admin/")["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_documentation_may_set_styles_and_no_more(as_mira: Client, page: str) -> None:
    policy = read_policy(as_mira.get(f"/api/v1/{page}")["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert "'unsafe-inline'" in policy["style-src"]


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_documentation_leads_to_the_login_page_and_back(visitor: Client, mira: User, page: str) -> None:
    answer = visitor.get(f"/api/v1/{page}")
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next=/api/v1/{page}")
