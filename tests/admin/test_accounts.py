"""People, groups and tokens in the admin, and that nobody gives themselves rights there."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from orchestration.services.tokens import create_token
from tests.admin.asking import address_of, address_of_list, text_of, tools

USER_ADMIN = ("view_user", "add_user", "change_user", "delete_user", "change_group", "view_group", "delete_authtoken")


@pytest.fixture
def manager(staff: Callable[..., Client]) -> Client:
    """Logged in as `manager`, who looks after users and is no superuser."""
    return staff(*USER_ADMIN, name="manager")


def test_a_user_is_added_and_changed(boss: Client) -> None:
    made = {"username": "nora", "password1": "blue-cranes-4711", "password2": "blue-cranes-4711"}
    boss.post("/admin/auth/user/add/", {**made, "usable_password": "true"})
    user = User.objects.get(username="nora")
    assert user.check_password("blue-cranes-4711")
    assert boss.get(address_of(user)).status_code == 200
    assert boss.get(f"/admin/auth/user/{user.pk}/password/").status_code == 200


def test_a_manager_cannot_make_anybody_a_superuser(manager: Client) -> None:
    user = User.objects.create_user("nora")
    right = Permission.objects.get(codename="add_execution")
    form = {"username": "nora", "is_active": "on", "is_superuser": "on", "user_permissions": [right.pk]}
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    manager.post(address_of(user), {**form, **times, "first_name": "Nora"})
    user.refresh_from_db()
    assert (user.first_name, user.is_superuser, user.user_permissions.count()) == ("Nora", False, 0)


def test_a_manager_does_not_touch_superusers(manager: Client) -> None:
    root = User.objects.create_superuser("root")
    assert manager.post(address_of(root), {"username": "taken"}).status_code == 403
    assert manager.get(f"/admin/auth/user/{root.pk}/password/").status_code == 403
    assert manager.post(f"/admin/auth/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    manager.post(address_of_list(User), chosen)
    assert User.objects.filter(username="root").exists()


def test_groups_are_for_superusers(manager: Client, boss: Client) -> None:
    group = Group.objects.create(name="Operators")
    assert manager.post(address_of(group), {"name": "Taken"}).status_code == 403
    assert manager.get(address_of(group)).status_code == 200
    boss.post(address_of(group), {"name": "Night shift"})
    assert Group.objects.get(pk=group.pk).name == "Night shift"


def test_nobody_deletes_themselves(boss: Client) -> None:
    user = User.objects.get(username="boss")
    assert boss.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_token_is_shown_once_and_works(boss: Client) -> None:
    user = User.objects.create_superuser("program")
    page = boss.post("/admin/knox/authtoken/add/", {"user": user.pk, "days": "7"})
    token = page.content.decode().partition('<code class="secret">')[2].partition("</code>")[0]
    assert APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/pipelines").status_code == 200
    assert "no-store" in page["Cache-Control"]
    row = AuthToken.objects.get(user=user)
    assert row.expiry is not None
    assert LogEntry.objects.get().object_repr == "a token of program"
    for address in (address_of_list(AuthToken), address_of(row)):
        assert token not in boss.get(address).content.decode()


def test_a_token_without_an_end_never_ends(boss: Client) -> None:
    boss.post("/admin/knox/authtoken/add/", {"user": User.objects.get().pk, "days": ""})
    assert AuthToken.objects.get().expiry is None


def test_a_token_is_made_for_oneself_only(staff: Callable[..., Client]) -> None:
    root = User.objects.create_superuser("root")
    client = staff("add_authtoken", "view_authtoken", name="somebody")
    page = client.post("/admin/knox/authtoken/add/", {"user": root.pk, "days": "7"})
    assert "Select a valid choice" in text_of(page)
    client.post("/admin/knox/authtoken/add/", {"user": User.objects.get(username="somebody").pk, "days": "7"})
    assert [row.user.username for row in AuthToken.objects.all()] == ["somebody"]


def test_a_token_is_revoked_by_deleting_it(boss: Client) -> None:
    create_token(user=User.objects.get(), days=1)
    row = AuthToken.objects.get()
    boss.post(address_of(row).replace("/change/", "/delete/"), {"post": "yes"})
    assert not AuthToken.objects.exists()


def test_a_token_is_never_changed(boss: Client) -> None:
    create_token(user=User.objects.get(), days=1)
    assert boss.post(address_of(AuthToken.objects.get()), {"days": "1000"}).status_code == 403


def test_whose_tokens_are_revoked_is_asked_for_a_permission(staff: Callable[..., Client]) -> None:
    user = User.objects.create_user("program")
    assert tools(staff("view_user", "delete_authtoken", name="keeper"), user) == ["Revoke tokens"]
    assert tools(staff("view_user", name="viewer"), user) == []
