"""What is asked of the past: every face takes the same times, metrics and pipelines, and says why not others."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.clock import database_now
from common.errors import OrchestrationError
from monitoring.exceptions import InvalidRange
from monitoring.manager import Monitor
from monitoring.models import AlertRule
from monitoring.selectors.backtest import backtest, samples_of
from monitoring.services import alerts, rollups
from monitoring.services.retention import kept_since
from monitoring.states import Level
from orchestration.exceptions import PipelineNotFound
from tests.commands.calling import call
from tests.engine import flow
from tests.monitoring.minutes import MINUTE, rule, write_minute

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ASKED: Mapping[str, Callable[..., object]] = {
    "metrics": lambda **asked: Monitor().metrics("error_rate", **asked),
    "percentiles": lambda **asked: Monitor().percentiles(**asked),
}


@pytest.fixture
def now(db: None) -> datetime:
    return database_now()


def watching(**changes: Any) -> AlertRule:
    """A rule for which no data are a reason to fire."""
    return rule(no_data="alert", **changes)


# Times ----------------------------------------------------------------------------------------------------------------


def test_a_back_test_ends_now_though_no_data_were_a_reason(now: datetime) -> None:
    found = backtest(watching(), now - HOUR, now + 2 * HOUR)
    (incident,) = found.incidents
    assert incident.ended_at is None
    assert now <= found.end < now + HOUR
    assert samples_of(watching(), {}, found.start, found.end)[-1].at == found.end


def test_a_time_to_come_cannot_be_replayed(now: datetime) -> None:
    with pytest.raises(InvalidRange, match="in the future"):
        backtest(watching(), now + HOUR, now + 2 * HOUR)


def test_a_back_test_begins_where_minutes_are_kept(now: datetime, configure: Callable[..., None]) -> None:
    configure(metrics_retention_days=1)
    found = backtest(watching(), now - timedelta(days=3), now)
    assert found.start == kept_since(Level.MINUTE, found.end)
    assert found.incidents[0].fired_at > found.start


@pytest.mark.one_database
def test_a_back_test_by_command_says_its_threshold(now: datetime) -> None:
    told = call("backtest_alert", "--metric", "error_rate", "--json")
    assert (told.code, told.document["error"]["code"]) == (2, "bad_usage")
    assert "--threshold" in told.document["error"]["message"]


@pytest.mark.one_database
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    "times",
    [
        {"start": "2026-01-01"},
        {"end": "2026-01-01"},
        {"start": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)},
        {"start": datetime(2026, 1, 2, tzinfo=UTC), "end": datetime(2026, 1, 1, tzinfo=UTC)},
        {"end": datetime.max.replace(tzinfo=UTC)},
        {"start": datetime.min.replace(tzinfo=UTC)},
    ],
    ids=str,
)
def test_what_is_no_time_is_refused(asked: str, times: dict[str, Any]) -> None:
    with pytest.raises(OrchestrationError) as refused:
        ASKED[asked](**times)
    assert refused.value.code == "invalid_range"


@pytest.mark.one_database
def test_lengths_past_the_calendar_are_refused_in_words() -> None:
    for words in (["metrics", "--last", "999999w"], ["metrics", "--end", "0001-01-03T01:00", "--last", "9w"]):
        assert call(*words, "--json").code in (0, 2)
    told = call("alerts", "--silence", "1", "--reason", "x", "--for", "999999w", "--json")
    assert told.document["error"]["code"] in ("bad_usage", "alert_not_found")


def test_what_is_derived_again_ends_now(now: datetime) -> None:
    rollups.derive_again(start=now - HOUR, end=now + timedelta(days=365 * 1000))


def test_a_time_without_complete_minutes_is_not_said_to_agree(now: datetime) -> None:
    told = call("metrics", "--reconcile", "--start", (now + HOUR).isoformat(), "--end", (now + 2 * HOUR).isoformat())
    assert (told.code, "agree" in told.out) == (2, False)


# What is measured -----------------------------------------------------------------------------------------------------


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"of": "zz"}, "unknown_metric"),
        ({"of": "submissions"}, "unknown_metric"),
        ({"labels": {"task": "a"}}, "invalid_range"),
        ({"labels": {"colour": "red"}}, "invalid_range"),
        ({"pipeline_id": ""}, "pipeline_not_found"),
    ],
)
def test_durations_that_are_not_kept_are_refused(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(OrchestrationError) as refused:
        Monitor().percentiles(**asked)
    assert refused.value.code == code


def test_a_pipeline_that_never_was_is_said_with_the_nearest_name(now: datetime) -> None:
    flow.start(flow.ONE)
    for ask in ASKED.values():
        with pytest.raises(PipelineNotFound, match='did you mean "flow"'):
            ask(pipeline_id="flwo")
        ask(pipeline_id="flow")
    assert call("metrics", "error_rate", "--pipeline", "flwo").code == 2
    assert call("metrics", "error_rate", "--pipeline", "flow").code == 0
    with pytest.raises(PipelineNotFound):
        alerts.silence(reason="x", ends_at=now + HOUR, pipeline_id="flwo")


def test_a_pipeline_that_is_gone_stays_readable_as_long_as_its_figures(now: datetime) -> None:
    write_minute(now.replace(second=0, microsecond=0) - 5 * MINUTE, ok=3, error=1, pipeline="gone")
    assert Monitor().metrics("error_rate", pipeline_id="gone") == {"error_rate": 0.25}
    assert alerts.silence(reason="x", ends_at=now + HOUR, pipeline_id="gone").pipeline == "gone"
