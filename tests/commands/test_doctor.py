"""`doctor` and `recover`: what they say of a healthy, a broken and an unreachable system."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from orchestration.engine import ticker
from orchestration.engine.ticker import Duty, take_leadership
from orchestration.models import Execution, TickerLease, Worker
from orchestration.selectors.installation import failure_within, without_password
from tests.commands.calling import call
from tests.engine import flow

pytestmark = pytest.mark.django_db
Configure = Callable[..., None]


def start_worker() -> None:
    who = flow.claimant()
    Worker.objects.update(queues=list(who.queues), task_types=sorted(who.task_types))
    take_leadership("w1", {})


def checks(**wanted: str) -> list[dict[str, Any]]:
    found = call("doctor", "--json").document["checks"]
    return [check for check in found if wanted.items() <= check.items()]


def test_a_system_with_a_worker_is_healthy() -> None:
    start_worker()
    called = call("doctor")
    assert called.code == 0
    assert "worker host:100: prefork × 2, queues default" in called.out
    assert "invariants: all hold" in called.out


def test_an_idle_system_without_a_worker_is_warned_but_not_ill() -> None:
    called = call("doctor")
    assert called.code == 0
    assert "none is running" in called.out


def test_work_that_nobody_can_do_is_a_problem() -> None:
    flow.start()
    (queue,) = checks(name="queue")
    assert queue["status"] == "problem"
    assert queue["said"].startswith("1 × echo waiting in default")
    assert call("doctor").code == 1


def test_work_that_waits_long_although_somebody_could_do_it_is_a_warning() -> None:
    start_worker()
    flow.make_due(flow.start(), "queued_at", "a")
    flow.make_due(flow.start(), "queued_at", "a")
    (queue,) = checks(name="queue")
    assert (queue["status"], queue["said"][:3]) == ("warning", "2 ×")


def test_a_broken_invariant_is_a_problem_that_names_the_execution() -> None:
    execution = flow.start()
    Execution.objects.update(failed_task_runs=1)
    (check,) = checks(section="correct")
    assert str(execution.pk) in check["said"]


def test_a_ticker_that_is_gone_and_a_duty_that_fails_are_said() -> None:
    take_leadership("gone", {})
    TickerLease.objects.update(
        expires_at=Now() - timedelta(minutes=5), duties={"expire leases": {"last_error": "ValueError: odd"}}
    )
    assert checks(name="ticker")[0]["status"] == "warning"
    assert checks(name='duty "expire leases"')[0]["said"] == "ValueError: odd"


def test_an_unreachable_broker_is_a_problem_said_within_seconds(configure: Configure, settings: Any) -> None:
    configure(
        celery_broker_url="redis://:secret@127.0.0.1:1/1", redis_host="127.0.0.1", redis_port=1, redis_configured=True
    )
    (redis,) = checks(name="redis", section="reachable")
    assert redis["status"] == "problem"
    assert "secret" not in call("doctor").out


def test_a_route_that_leads_nowhere_is_a_problem(configure: Configure) -> None:
    configure(model_routes={"gpt-4": "local/nothing"})
    (check,) = checks(name="model gpt-4")
    assert check["status"] == "problem"


def test_a_data_folder_that_cannot_be_written_is_a_problem(settings: Any, tmp_path: Any) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "folder"
    assert checks(name="data folder")[0]["status"] == "problem"


def test_what_does_not_answer_in_time_is_given_up() -> None:
    import time

    assert failure_within(0.05, lambda: time.sleep(1)) == "no answer within 0.05 s"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pass@host:1/0", "redis://:***@host:1/0"),
        ("amqp://user:p%40ss@host//", "amqp://user:***@host//"),
        ("embedded://", "embedded://"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


class TestRecover:
    def test_every_duty_is_done_once_and_counted(self) -> None:
        flow.start()
        who = flow.claimant()
        flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
        flow.make_due(Execution.objects.get(), "not_before", "a")
        moved = {row["duty"]: row["moved"] for row in call("recover", "--json").document["duties"]}
        assert moved["release retries"] == 1
        others = ("expire leases", "enforce deadlines", "publish hints again", "abandon orphaned runs")
        assert sum(moved[duty] for duty in others) == 0
        assert flow.row(Execution.objects.get()).status == "queued"

    def test_a_duty_that_fails_does_not_keep_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> int:
            raise ValueError("odd")

        duties = {"bad": Duty("bad", 1, fail), "good": Duty("good", 1, lambda: 3)}
        monkeypatch.setattr(ticker, "_duties", duties)
        called = call("recover")
        assert called.code == 1
        assert "bad: ValueError: odd" in called.out
        assert "good: 3 rows" in called.out
