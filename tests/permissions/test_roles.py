"""Roles in the database, given and taken: by migrations, the command and the admin."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.commands.calling import call
from web.roles.granting import LoginNotFound, RoleNotFound, grant_role, revoke_role
from web.roles.installing import Installed, install_roles
from web.roles.table import ROLES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    install_roles()


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna", password="a-long-password")


def permissions_of(name: str) -> set[str]:
    rows = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_migrated_database_has_every_role_with_its_permissions() -> None:
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    for role in ROLES.values():
        if not role.has_everything:
            assert permissions_of(role.name) == role.permissions
    assert Group.objects.get(name="admin").permissions.count() == Permission.objects.count()


def test_installing_again_changes_nothing_and_asks_little() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert install_roles() == Installed()
    assert sum(query["sql"].startswith("SELECT") for query in asked) == 3


def test_what_was_changed_by_hand_is_put_right_and_other_groups_are_left_alone() -> None:
    extra = Permission.objects.get(codename="delete_execution")
    viewer, own = Group.objects.get(name="viewer"), Group.objects.create(name="Night shift")
    viewer.permissions.set([extra])
    own.permissions.set([extra])
    done = install_roles()
    assert (done.added, done.removed) == (len(ROLES["viewer"].permissions), 1)
    assert permissions_of("viewer") == ROLES["viewer"].permissions
    assert own.permissions.get() == extra


def test_a_role_is_given_once_and_taken_once(anna: User) -> None:
    assert grant_role(username="anna", role="reviewer")
    assert not grant_role(username="anna", role="reviewer")
    assert User.objects.get().has_perm("reviews.decide_reviewrequest")
    assert revoke_role(username="anna", role="reviewer")
    assert not revoke_role(username="anna", role="reviewer")
    assert not User.objects.get().get_all_permissions()


def test_the_role_admin_opens_the_admin_site_and_taking_it_closes_it(anna: User) -> None:
    grant_role(username="anna", role="admin")
    assert client_of(anna).get("/admin/").status_code == 200
    revoke_role(username="anna", role="admin")
    assert client_of(anna).get("/admin/").status_code == 302


def test_a_superuser_keeps_the_admin_site() -> None:
    root = User.objects.create_superuser("root")
    grant_role(username="root", role="admin")
    revoke_role(username="root", role="admin")
    root.refresh_from_db()
    assert root.is_staff


def test_unknown_names_are_refused_with_near_ones(anna: User) -> None:
    with pytest.raises(RoleNotFound, match='did you mean "viewer"'):
        grant_role(username="anna", role="viwer")
    with pytest.raises(LoginNotFound, match='did you mean "anna"'):
        grant_role(username="ana", role="viewer")
    with pytest.raises(RoleNotFound):
        grant_role(username="anna", role="Night shift")


def test_a_role_whose_group_was_deleted_is_made_again(anna: User) -> None:
    Group.objects.all().delete()
    assert grant_role(username="anna", role="viewer")
    assert permissions_of("viewer") == ROLES["viewer"].permissions


def test_the_command_lists_gives_and_takes(anna: User) -> None:
    User.objects.create_superuser("root")
    assert "anna has the role viewer" in call("roles", "--grant", "anna", "viewer").out
    assert "nothing had to be changed" in call("roles", "--grant", "anna", "viewer").out
    listed = json.loads(call("roles", "--json").out)
    assert {row["role"]: row["logins"] for row in listed["roles"]}["viewer"] == ["anna"]
    assert listed["superusers"] == ["root"]
    assert "anna no longer has" in call("roles", "--revoke", "anna", "viewer").out
    assert json.loads(call("roles", "--json").out)["without"] == ["anna"]


def test_the_command_shows_what_a_role_and_a_login_may_do(anna: User) -> None:
    assert "reviews.decide_reviewrequest" in call("roles", "reviewer").out
    assert "manage.py roles --grant anna ROLE" in call("roles", "--of", "anna").out
    grant_role(username="anna", role="operator")
    shown: dict[str, Any] = json.loads(call("roles", "--of", "anna", "--json").out)
    assert shown["roles"] == ["operator"]
    assert set(shown["permissions"]) == ROLES["operator"].permissions


def test_the_command_refuses_unknown_names_with_exit_code_2(anna: User) -> None:
    refused = call("roles", "--grant", "anna", "viwer")
    assert (refused.code, 'did you mean "viewer"' in refused.err) == (2, True)


def test_who_has_the_role_admin_gives_roles_in_the_admin(anna: User) -> None:
    grant_role(username="anna", role="admin")
    nora = User.objects.create_user("nora")
    form = {"username": "nora", "is_active": "on", "groups": [Group.objects.get(name="operator").pk]}
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_superuser": "on"}
    client_of(anna).post(f"/admin/auth/user/{nora.pk}/change/", {**form, **times})
    nora.refresh_from_db()
    assert nora.has_perm("monitoring.change_alert")
    assert not nora.is_superuser


def test_the_admin_opens_itself_to_whom_it_gives_the_role_admin() -> None:
    boss, nora = User.objects.create_superuser("boss"), User.objects.create_user("nora")
    form = {"username": "nora", "is_active": "on", "groups": [Group.objects.get(name="admin").pk]}
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    client_of(boss).post(f"/admin/auth/user/{nora.pk}/change/", {**form, **times})
    assert client_of(nora).get("/admin/").status_code == 200


def test_nobody_else_gives_roles_or_touches_who_could(anna: User) -> None:
    keeper = User.objects.create_user("keeper", is_staff=True)
    rights = ("view_user", "change_user", "change_group", "view_group")
    keeper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    grant_role(username="anna", role="admin")
    client, own = client_of(keeper), f"/admin/auth/user/{keeper.pk}/change/"
    form = {"username": "keeper", "is_active": "on", "is_staff": "on", "first_name": "Kim"}
    times = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    client.post(own, {**form, **times, "groups": [Group.objects.get(name="admin").pk]})
    keeper.refresh_from_db()
    assert (keeper.first_name, keeper.groups.count()) == ("Kim", 0)
    assert client.get(f"/admin/auth/user/{anna.pk}/password/").status_code == 403


def test_nobody_edits_a_role_in_the_admin() -> None:
    client = client_of(User.objects.create_superuser("boss"))
    address = f"/admin/auth/group/{Group.objects.get(name='viewer').pk}"
    assert client.post(f"{address}/change/", {"name": "taken"}).status_code == 403
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{address}/change/").status_code == 200
