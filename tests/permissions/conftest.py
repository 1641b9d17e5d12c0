"""Logins with roles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from web.roles.granting import grant_role
from web.roles.installing import install_roles

Login = Callable[..., Client]


@pytest.fixture(autouse=True)
def static_folder(settings: Any) -> None:
    """As collectstatic makes it; WhiteNoise warns without it."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def login(db: None) -> Login:
    """A browser in which somebody with the roles named is logged in."""
    install_roles()

    def make(*roles: str) -> Client:
        user = User.objects.create_user("nora")
        for role in roles:
            grant_role(username="nora", role=role)
        browser = Client()
        browser.force_login(user)
        return browser

    return make
