"""Fixtures of the admin's tests: staff with and without permissions. Executions come from the pages' fixtures."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.pages.conftest import fresh_process, make_execution, make_user

__all__ = ["fresh_process", "make_execution", "make_user"]


@pytest.fixture
def boss(db: None) -> Client:
    """Logged in as a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def staff(make_user: Callable[..., User]) -> Callable[..., Client]:
    """A browser in which somebody of the staff is logged in, with the permissions named."""

    def make(*permissions: str, name: str = "somebody") -> Client:
        user = make_user(*permissions, name=name)
        User.objects.filter(pk=user.pk).update(is_staff=True)
        client = Client()
        client.force_login(user)
        return client

    return make
