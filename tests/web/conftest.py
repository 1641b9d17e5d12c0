"""People, signed in or not, on a site with a few pages more."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings

PASSWORD = "a good-enough password"


@pytest.fixture(scope="package", autouse=True)
def _addresses() -> Iterator[None]:
    """For all tests here together: each change makes Django read every address anew."""
    with override_settings(ROOT_URLCONF="tests.web.addresses"):
        yield


@pytest.fixture
def visitor() -> Client:
    """Nobody is signed in, and the form tokens are checked."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def mira(db: None) -> User:
    """Somebody without any permission."""
    return User.objects.create_user("mira", "mira@example.com", PASSWORD, first_name="Mira", last_name="Okafor")


@pytest.fixture
def as_mira(mira: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(mira)
    return client


@pytest.fixture
def operator(db: None) -> Client:
    """Staff, with the permission to see executions."""
    user = User.objects.create_user("otto", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_execution"))
    client = Client()
    client.force_login(user)
    return client
