"""What somebody is told who may not: which permission is missing, which roles have it, whom to ask."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from registry.models import ModelVersion
from tests.permissions.conftest import Login

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CHANGE = "This needs the permission to change execution (orchestration.change_execution)"
ONE = "01a202d3-a84e-7659-84a3-5a4699e1dad1"
HOSTED = {"kind": "hosted", "provider": "anthropic", "provider_model": "m"}


@pytest.fixture
def reviewing() -> Client:
    """Logged in as somebody who may see reviews, and no executions."""
    user = User.objects.create_user("ines")
    user.user_permissions.add(Permission.objects.get(codename="view_reviewrequest"))
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def post(browser: Client, address: str, body: Any) -> Any:
    return browser.post(address, body, content_type="application/json")


def register(browser: Client, version: str, **more: Any) -> Any:
    return post(browser, "/api/v1/models/tagger/versions", {"version": version, **HOSTED, **more})


def test_a_login_without_a_role_is_told_to_ask_for_one(login: Login) -> None:
    response = login().get("/")
    assert response.status_code == 403
    assert "You have no role yet" in text_of(response)
    assert "the roles viewer, engineer, reviewer, operator and admin have it" in text_of(response)
    assert "ask your administrator for one" in text_of(response)


def test_a_role_too_few_is_named_on_the_page(login: Login) -> None:
    response = login("viewer").post(f"/executions/{ONE}/pause/")
    assert response.status_code == 403
    assert f"{CHANGE}; the roles engineer, operator and admin have it." in text_of(response)
    assert "You may not do this" in text_of(response)


def test_the_first_page_leads_who_may_not_see_it_to_the_first_that_they_may(reviewing: Client) -> None:
    response = reviewing.get("/")
    assert (response.status_code, response["Location"]) == (302, "/reviews/")


def test_a_refusal_offers_a_page_that_is_allowed(reviewing: Client) -> None:
    shown = text_of(reviewing.get("/executions/")).partition('<div class="empty">')[2]
    assert re.findall(r'<a [^>]*href="([^"]+)"', shown.partition("</main>")[0]) == ["/account/", "/reviews/"]


def test_rest_names_permission_and_roles_in_a_problem(login: Login) -> None:
    response = login("viewer").post(f"/api/v1/executions/{ONE}/cancel")
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    problem = response.json()
    assert problem["code"] == "permission_denied"
    assert (
        problem["detail"]
        == f"{CHANGE}; the roles engineer, operator and admin have it. Ask your administrator for one."
    )


def test_rest_says_that_there_is_no_role_at_all(login: Login) -> None:
    detail = login().get("/api/v1/executions").json()["detail"]
    assert "(orchestration.view_execution)" in detail
    assert detail.endswith("Your login has no role yet: ask your administrator for one.")


def test_groups_of_the_installation_are_named_too(login: Login) -> None:
    Group.objects.create(name="Night shift").permissions.set(Permission.objects.filter(codename="change_execution"))
    response = login("viewer").post(f"/api/v1/executions/{ONE}/cancel")
    assert "the roles engineer, operator, admin and Night shift have it" in response.json()["detail"]


def test_a_permission_that_only_one_role_has_is_said_so(login: Login) -> None:
    assert "the role admin has it" in text_of(login("operator").get("/reviews/policies/new/"))


def test_the_account_lists_roles_and_what_they_are_for(login: Login) -> None:
    shown = text_of(login("reviewer", "operator").get("/account/"))
    assert "may see, claim and decide reviews" in shown
    assert "promote and roll back models" in shown


def test_registering_does_not_move_the_default_for_who_may_not_move_it(login: Login) -> None:
    engineer = login("engineer")
    assert register(engineer, "v1").status_code == 201
    refused = register(engineer, "v2", set_as_default=True)
    assert (refused.status_code, "registry.add_pointermove" in refused.json()["detail"]) == (403, True)
    assert register(engineer, "v2").status_code == 201
    assert ModelVersion.objects.get(is_default=True).label == "v1"


def test_the_form_offers_no_default_to_who_may_not_move_it(login: Login) -> None:
    engineer = login("engineer")
    assert register(engineer, "v1").status_code == 201
    assert "Make it the default version" not in text_of(engineer.get("/registry/register/hosted/"))
    form = {"model_name": "tagger", "version": "v2", "provider": "anthropic", "provider_model": "m"}
    refused = engineer.post("/registry/register/hosted/", {**form, "set_as_default": "on"})
    assert refused.status_code == 403
    assert not ModelVersion.objects.filter(label="v2").exists()
