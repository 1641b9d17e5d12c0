"""Every address of the project, asked with every method as every role: what is declared is what happens.

The rows of docs/permissions.md are the declared permissions; whoever adds an address writes them anew with
`python -m tests.permissions` and looks at the difference.
"""

from functools import cache

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.template.backends.django import Template
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

import config.urls  # noqa: F401  # some of it looks at the generator that `unwritten` changes
from reviews.models import ReviewerProfile
from tests.permissions.asking import NOBODY, ask
from tests.permissions.endpoints import (
    ADMIN_SITE,
    EVERYBODY,
    FOR_MACHINES,
    LOGIN,
    NOTES,
    OTHERWISE,
    Endpoint,
    address_of,
    endpoints,
    walk,
)
from tests.permissions.page import PAGE, written
from web.roles import asking
from web.roles.granting import grant_role
from web.roles.installing import install_roles
from web.roles.table import ADMIN, ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NO_ROLE, ANONYMOUS = "no role", "anonymous"
DJANGOS_OWN = ("admin/login/", "admin/logout/")
Who = User | AnonymousUser


@pytest.fixture(autouse=True)
def unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gets in is decided before anything is written: pages stay empty, refusals look up their reasons once."""
    monkeypatch.setattr(Template, "render", lambda *_: "")
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *_, **__: {})
    monkeypatch.setattr(asking, "needed", cache(asking.needed))


@pytest.fixture
def who(db: None, name: str) -> Who:
    """A login with the role named, one without, or nobody; what they may do is read once."""
    install_roles()
    if name == ANONYMOUS:
        return NOBODY
    user = User.objects.create_user(name)
    if name in ROLES:
        grant_role(username=name, role=name)
    if name == "reviewer":
        ReviewerProfile.objects.create(id="expert", name="Expert", user=user)
    user = User.objects.get(pk=user.pk)
    user.get_all_permissions()
    return user


def expected(endpoint: Endpoint, name: str) -> str:
    """What a role's name alone says: the table of roles, and what the address declares."""
    if endpoint.needs == EVERYBODY:
        return "in"
    if name == ANONYMOUS:
        return "refused" if endpoint.route in FOR_MACHINES else "sign in"
    if endpoint.needs == LOGIN or name == ADMIN.name:
        return "in"
    return "in" if name in ROLES and endpoint.needs in ROLES[name].permissions else "refused"


@pytest.mark.parametrize("name", [ANONYMOUS, NO_ROLE, *ROLES])
def test_every_address_lets_in_whom_it_says(name: str, who: Who) -> None:
    wrong = []
    for endpoint in endpoints():
        right = expected(endpoint, name)
        methods = endpoint.methods[:2] if right == "in" else endpoint.methods
        answers = {method: ask(endpoint.address, method, who) for method in methods}
        if set(answers.values()) - {"no such method"} != {right}:
            wrong.append(f"{endpoint.key}: {answers}, expected {right}")
    assert not wrong, "\n".join(wrong)


def test_every_address_can_be_reached() -> None:
    """No pattern stands behind another that takes its addresses."""
    hidden = [route for route, _ in walk() if resolve(address_of(route)).route != route]
    assert not hidden


@pytest.mark.parametrize("name", [ANONYMOUS, NO_ROLE, *ROLES])
def test_only_the_role_admin_gets_into_the_admin_site(name: str, who: Who) -> None:
    wrong = []
    for route, _ in walk():
        if not route.startswith(ADMIN_SITE) or route in DJANGOS_OWN:
            continue
        methods = ("GET",) if name == ADMIN.name else ("GET", "POST")
        told = {ask(address_of(route), method, who) for method in methods}
        if (told == {"sign in"}) != (name != ADMIN.name):
            wrong.append(f"{route}: {told}")
    assert not wrong, "\n".join(wrong)


def test_every_permission_of_a_role_is_asked_for_by_an_address() -> None:
    asked = {endpoint.needs for endpoint in endpoints()}
    inside = {"reviews.change_reviewerprofile"}
    given = set().union(*(role.permissions for role in ROLES.values()))
    assert given <= asked | inside


def test_the_table_in_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text() == written(), "write it anew with python -m tests.permissions, and look at the difference"


def test_every_note_is_about_an_address_there_is() -> None:
    assert set(NOTES) <= {endpoint.key for endpoint in endpoints()}
    assert set(OTHERWISE) <= {route for route, _ in walk()}
