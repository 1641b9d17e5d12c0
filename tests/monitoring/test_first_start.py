"""What a new installation has of monitoring."""

import pytest

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from monitoring.models import AlertRule
from monitoring.ready_made import ready_made_rules
from orchestration.services.chapters.first_start import set_up_when_empty
from tests.engine import flow

pytestmark = pytest.mark.django_db


def test_a_new_installation_is_watched_by_the_ready_made_rules() -> None:
    set_up_when_empty()
    set_up_when_empty()
    assert set(AlertRule.objects.values_list("name", flat=True)) == {rule.name for rule in ready_made_rules()}
    assert AlertRule.objects.filter(enabled=True).count() == len(ready_made_rules())


def test_rules_that_people_deleted_do_not_come_back() -> None:
    flow.start()
    set_up_when_empty()
    assert not AlertRule.objects.exists()
