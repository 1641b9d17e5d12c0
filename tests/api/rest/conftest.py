"""Fixtures of the REST tests: users with and without permissions, clients, and pipelines to ask about."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Nothing of an earlier test: its counted requests. Throttles are off but in their own test."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # as collectstatic does; WhiteNoise warns without it
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"user": None, "anon": None})
    cache.clear()


@pytest.fixture
def configure_api(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.API` for this test."""

    def change(**fields: Any) -> None:
        settings.API = settings.API.model_copy(update=fields)

    return change


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """A user with the permissions named, such as `view_execution`."""

    def make(*permissions: str, name: str = "somebody") -> User:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def engineer(db: None) -> User:
    return User.objects.create_superuser("engineer")


@pytest.fixture
def api(engineer: User) -> APIClient:
    """A client that may do everything."""
    client = APIClient()
    client.force_authenticate(engineer)
    return client
