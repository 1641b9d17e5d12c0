"""Fixtures of the review tests."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.ORCHESTRATION` for this test."""

    def change(**fields: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)

    return change
