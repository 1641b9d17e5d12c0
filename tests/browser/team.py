"""`python -m tests.browser.team`: three logins with a role each, and the reviewer's profile; prints their password."""

import secrets
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - after Django is set up, as everything below

from reviews.models import ReviewerProfile  # noqa: E402
from reviews.services.reviewers import register_reviewer, update_reviewer  # noqa: E402
from web.roles.granting import grant_role  # noqa: E402

TEAM = {"emma": "engineer", "rob": "reviewer", "olga": "operator"}

if __name__ == "__main__":
    password = secrets.token_urlsafe(12)
    for name, role in TEAM.items():
        get_user_model().objects.create_user(name, password=password)
        grant_role(username=name, role=role)
    rob = get_user_model().objects.get(username="rob")
    profile = register_reviewer(reviewer=ReviewerProfile(id="rob", name="Rob"))
    update_reviewer(reviewer_id=profile.pk, by=profile, user=rob)
    sys.stdout.write(password)
