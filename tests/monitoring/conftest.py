"""Fixtures of the monitoring tests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from common.clock import database_now
from monitoring.metrics.ranges import floor
from tests.monitoring.minutes import Clock


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.ORCHESTRATION` for this test."""

    def change(**fields: Any) -> None:
        settings.ORCHESTRATION = django_settings.ORCHESTRATION.model_copy(update=fields)

    return change


@pytest.fixture
def noon(db: None) -> datetime:
    """A whole hour, at least two hours ago: what is written after it is in the past."""
    return floor(database_now() - timedelta(hours=2), 3600)


@pytest.fixture
def clock(noon: datetime) -> Clock:
    return Clock(noon)
