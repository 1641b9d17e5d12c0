"""What a person does while a rule is evaluated: the one waits for the other, and neither undoes it."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from common.clock import database_now
from monitoring import evaluation
from monitoring.metrics.ranges import floor
from monitoring.models import Alert
from monitoring.services import alerts, evaluating
from monitoring.services.resolving import resolve_alert
from tests.monitoring.minutes import Clock, add

pytestmark = pytest.mark.django_db(transaction=True)


def acknowledge(alert_id: int) -> None:
    alerts.acknowledge_alert(alert_id=alert_id, by="nora")


def resolve(alert_id: int) -> None:
    resolve_alert(alert_id=alert_id, by="nora")


def is_kept_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(("verb", "status"), [(acknowledge, "acknowledged"), (resolve, "resolved")])
def test_a_persons_word_is_not_undone_by_an_evaluation(
    monkeypatch: pytest.MonkeyPatch, verb: Callable[[int], None], status: str
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    clock = Clock(floor(database_now() - timedelta(hours=2), 3600))
    add()
    clock.minute(ok=0, error=5)
    alert = Alert.objects.get()
    people: list[threading.Thread] = []

    def act() -> None:
        try:
            verb(alert.pk)
        finally:
            connection.close()

    def step(*given: Any, **options: Any) -> Any:
        monkeypatch.setattr(evaluating, "step", evaluation.step)
        people.append(threading.Thread(target=act))
        people[0].start()
        while people[0].is_alive() and not is_kept_waiting():
            time.sleep(0.01)
        return evaluation.step(*given, **options)

    monkeypatch.setattr(evaluating, "step", step)
    clock.minute(ok=0, error=5)
    people[0].join()
    alert.refresh_from_db()
    assert alert.status == status
    assert alert.transitions.get(status=status).by == "nora"
