"""Tokens that programs log in with over REST. Only their hashes are stored."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models.functions import Now
from knox.models import AuthToken


def create_token(*, user: AbstractBaseUser, days: float | None) -> str:
    """A new token of a user, to be shown once; it ends after so many days (None: never)."""
    _, token = AuthToken.objects.create(user=user, expiry=None if days is None else timedelta(days=days))
    return str(token)


def revoke_tokens(*, user: AbstractBaseUser) -> int:
    """Make every token of a user invalid at once; returns how many there were."""
    count, _ = AuthToken.objects.filter(user=user).delete()
    return int(count)


def prune_expired_tokens() -> int:
    """Delete the tokens that have ended, which nobody can use any more. Returns how many. A ticker duty."""
    count, _ = AuthToken.objects.filter(expiry__lt=Now()).delete()
    return int(count)
