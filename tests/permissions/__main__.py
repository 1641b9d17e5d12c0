"""`python -m tests.permissions` writes the tables of docs/permissions.md anew."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.permissions.page import PAGE, written  # noqa: E402  # the walk imports models

PAGE.write_text(written())
