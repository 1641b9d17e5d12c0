"""The first login of an installation nobody has set up accounts for."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from orchestration.private_files import read_or_create

USERNAME = "admin"


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to log in as. `password` is None when it is not the generated one: somebody has taken over."""

    username: str
    password: str | None
    password_file: Path


def ensure_login() -> Login:
    """Create the user `admin` with a generated password when nobody could log in; the password is kept in a file.

    Safe to call again and again: an account that is there is never changed.
    """
    users = get_user_model()._default_manager
    path: Path = settings.DATA_DIR / "admin_password"
    admin = users.filter(username=USERNAME).first()
    if admin is None:
        if users.filter(is_superuser=True, is_active=True).exists():
            return Login(USERNAME, None, path)
        password = read_or_create(path, lambda: secrets.token_urlsafe(12))
        get_user_model().objects.create_superuser(USERNAME, email="", password=password)
        return Login(USERNAME, password, path)
    password = path.read_text() if path.exists() else ""
    return Login(USERNAME, password if password and admin.check_password(password) else None, path)
