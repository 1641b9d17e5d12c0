"""Fixtures of the review pages' tests: people with and without profiles, each in a browser of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from reviews.models import ReviewerProfile
from reviews.services.reviewers import update_reviewer
from tests.reviews.scenes import reviewer

READ = ("view_reviewrequest", "view_reviewerprofile", "view_escalationpolicy")
DECIDE = (*READ, "decide_reviewrequest")
LEAD = (*DECIDE, "route_reviewrequest", "change_reviewerprofile", "change_escalationpolicy")


@dataclass
class Person:
    """Somebody in a browser, with the profile they review under."""

    client: Client
    user: User
    profile: ReviewerProfile | None


@pytest.fixture(autouse=True)
def static_folder(settings: Any) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # as collectstatic does; WhiteNoise warns without it


@pytest.fixture
def person(db: None) -> Callable[..., Person]:
    """`person("ana", *permissions, profile=True, **columns of the profile)`."""

    def make(
        name: str, *permissions: str, profile: bool = True, skills: tuple[str, ...] = (), **columns: Any
    ) -> Person:
        user = User.objects.create_user(name, password="pw")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions or DECIDE))
        client = Client()
        client.force_login(user)
        made = None
        if profile:
            reviewer(name, *skills, **columns)
            made = update_reviewer(reviewer_id=name, by=name, user=user)
        return Person(client, user, made)

    return make


@pytest.fixture
def ana(person: Callable[..., Person]) -> Person:
    """A reviewer."""
    return person("ana")


@pytest.fixture
def lead(person: Callable[..., Person]) -> Person:
    """Leads the team."""
    return person("lena", *LEAD, is_lead=True)
