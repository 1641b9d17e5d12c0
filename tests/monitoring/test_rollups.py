"""Roll-ups equal the rows, at every level, whatever comes late, twice or never."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db.models.functions import Now

from common.clock import database_now
from monitoring.metrics.catalogue import find_metric
from monitoring.metrics.families import OTHER, Labels
from monitoring.metrics.ranges import floor, pieces
from monitoring.models import LifetimeTotal, Rollup, Series, Watermark
from monitoring.selectors import metrics
from monitoring.selectors.metrics import measure, metric_series, percentiles, summaries
from monitoring.selectors.reconciliation import reconcile
from monitoring.services import retention, rollups, storing, switch
from monitoring.services.gauges import look_around
from monitoring.sketch import RELATIVE_ERROR
from monitoring.states import Level
from orchestration.engine import store
from orchestration.models import Execution, TaskAttempt, Worker
from orchestration.models.executions import new_execution_id
from tests.engine import flow
from tests.monitoring.load import Load, Written
from tests.monitoring.minutes import write_minute
from tests.monitoring.test_sketch import exact

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Period = tuple[datetime, datetime]
EXECUTIONS = 60


def roll_up(now: datetime | None = None) -> None:
    """To the end, as the ticker would in several turns."""
    rollups.roll_up(now=now, budget_seconds=60)


@pytest.fixture
def written(noon: datetime) -> Written:
    """An hour of work, two hours ago, rolled up."""
    found = Load(seed=7).write(EXECUTIONS, noon + 10 * MINUTE, timedelta(minutes=50))
    roll_up()
    return found


@pytest.fixture
def period(noon: datetime) -> Period:
    return noon, noon + 2 * HOUR


def counts(level: Level, family: str) -> tuple[int, int, int]:
    rows = Rollup.objects.filter(level=level, family=family)
    found = [rows.values_list(column, flat=True) for column in ("count", "ok", "error")]
    return (sum(found[0]), sum(found[1]), sum(found[2]))


def test_every_level_has_exactly_what_was_written(written: Written) -> None:
    by_status = Counter(status for _, status in written.executions.elements())
    executions = (EXECUTIONS, by_status["completed"], by_status["failed"])
    attempts = Counter(status for *_, status in written.attempts.elements())
    tried = (attempts.total(), attempts["completed"], attempts.total() - attempts["completed"])
    assert counts(Level.MINUTE, "executions") == executions
    assert counts(Level.MINUTE, "attempts") == tried
    assert counts(Level.MINUTE, "task_runs")[0] == written.task_runs
    assert counts(Level.MINUTE, "retries")[0] == written.retries
    # Hours are merged once they are over and sealed.
    watermark = Watermark.objects.get(level=Level.HOUR).sealed_until
    assert watermark is not None
    before = Execution.objects.filter(finished_at__lt=watermark)
    assert counts(Level.HOUR, "executions")[0] == before.count() > EXECUTIONS / 2


def test_every_label_set_has_exactly_its_share(written: Written, period: Period) -> None:
    start, end = period
    found = summaries(["failures"], start, end, by=("pipeline", "task", "detail"))
    assert {group: of["failures"].count for group, of in found.items()} == dict(written.failures)
    by_pipeline = summaries(["executions"], start, end, by=("pipeline",))
    failed = {pipeline: number for (pipeline, status), number in written.executions.items() if status == "failed"}
    assert {group[0]: of["executions"].error for group, of in by_pipeline.items() if of["executions"].error} == failed


def test_tokens_and_costs_add_up_and_an_unknown_price_is_not_nothing(written: Written, period: Period) -> None:
    start, end = period
    values = {name: measure(name, start=start, end=end)[0].value for name in ("input_tokens", "cost_usd")}
    assert values == {"input_tokens": written.input_tokens, "cost_usd": pytest.approx(written.cost_microusd / 1e6)}
    assert measure("unpriced_requests", start=start, end=end)[0].value == written.unpriced > 0


@pytest.mark.parametrize("family", ["attempts", "queue"])
def test_percentiles_are_within_one_percent_of_exact(written: Written, period: Period, family: str) -> None:
    values = {"attempts": written.task_seconds, "queue": written.queue_seconds}[family]
    found = percentiles(family, start=period[0], end=period[1])
    assert found["count"] == len(values)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        assert found[name] == pytest.approx(exact(values, share), rel=RELATIVE_ERROR, abs=0.001)
    assert found["min"] == pytest.approx(min(values), abs=1e-3)
    assert found["max"] == pytest.approx(max(values), abs=1e-3)
    assert found["mean"] == pytest.approx(sum(values) / len(values), abs=1e-3)


def test_the_sla_is_judged_by_each_pipelines_own_words(written: Written, period: Period) -> None:
    (alpha,) = measure("sla_miss_rate", start=period[0], end=period[1], by=["pipeline"])
    assert alpha.labels == {"pipeline": "alpha"}
    rows = Execution.objects.filter(pipeline="alpha", status__in=["completed", "failed"])
    kept = [row for row in rows if row.status == "completed" and row.finished_at - row.created_at <= 5 * MINUTE / 60]  # type: ignore[operator]
    assert alpha.value == pytest.approx(1 - len(kept) / rows.count())
    (burn,) = measure("sla_budget_burn", start=period[0], end=period[1], by=["pipeline"])
    assert burn.value == pytest.approx((alpha.value or 0) / 0.1)


def test_roll_ups_and_rows_agree_and_a_difference_is_named(written: Written, period: Period) -> None:
    assert reconcile(*period) == []
    TaskAttempt.objects.order_by("pk")[0].delete()
    (attempts,) = [one for one in reconcile(*period) if one.family == "attempts"]
    assert attempts.rolled_up[0] == attempts.rows[0] + 1


def test_deriving_again_gives_the_same(written: Written, period: Period) -> None:
    def stored() -> list[object]:
        columns = ("level", "family", "series", "at", "count", "ok", "error", "minimum", "maximum")
        rows = [*Rollup.objects.order_by(*columns[:4]).values_list(*columns)]
        totals = LifetimeTotal.objects.order_by("family", "series").values_list("family", "series", "count", "ok")
        return [*rows, *totals]

    before = stored()
    rollups.derive_again(start=period[0], end=period[0] + HOUR)
    assert stored() == before


def test_what_came_too_late_is_found_and_counted_by_deriving_again(written: Written, period: Period) -> None:
    late = Execution.objects.order_by("pk")[0]
    late.pk, late._state.adding = new_execution_id(), True
    late.save()
    assert {one.family for one in reconcile(*period)} == {"executions", "submissions"}
    rollups.derive_again(start=period[0], end=period[1] - HOUR + 10 * MINUTE)
    assert reconcile(*period) == []
    assert sum(LifetimeTotal.objects.filter(family="executions").values_list("count", flat=True)) == EXECUTIONS + 1


def test_a_minute_is_derived_anew_until_it_is_sealed(noon: datetime) -> None:
    load = Load(seed=3, tasks=1)
    load.write(3, noon, MINUTE / 2)
    ends = Execution.objects.values_list("finished_at", flat=True)
    soon = max(at for at in ends if at) + timedelta(seconds=5)
    roll_up(soon)
    load.write(2, noon, MINUTE / 2)
    roll_up(soon + timedelta(seconds=10))
    assert counts(Level.MINUTE, "submissions")[0] == 5
    assert sum(LifetimeTotal.objects.filter(family="submissions").values_list("count", flat=True)) <= 5


def test_a_watermark_moved_by_another_ticker_makes_this_one_write_nothing(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Rollup.objects.count()
    monkeypatch.setattr(rollups, "lock_watermark", lambda: None)
    assert rollups.roll_up() == 0
    assert Rollup.objects.count() == before


def test_pipelines_that_do_not_want_it_are_not_monitored() -> None:
    execution = flow.start(enable_monitoring=False)
    who = flow.claimant()
    flow.complete(flow.take(who), who)
    assert flow.reload(execution).status == "completed"
    roll_up()
    assert not Rollup.objects.exists()
    now = database_now()
    assert reconcile(now - HOUR, floor(now, 60) + MINUTE) == []


def test_crashes_retries_and_waits_of_the_engine_are_counted() -> None:
    execution, who = flow.start(), flow.claimant()
    first = flow.take(who)
    store.lose_worker(first.task_run_id, first.token, message="killed")
    flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
    flow.make_due(execution, "not_before", "a")
    store.release_retry(first.task_run_id)
    flow.complete(flow.take(who), who)
    roll_up()
    now = database_now()
    found = summaries(["attempts", "retries", "queue", "failures"], now - HOUR, now)[()]
    assert (found["attempts"].count, found["attempts"].ok, found["attempts"].error) == (3, 1, 2)
    assert (found["retries"].count, found["queue"].count, found["failures"].count) == (1, 1, 2)
    assert reconcile(now - HOUR, floor(now, 60) + MINUTE) == []


def test_label_sets_past_the_cap_are_counted_under_other(monkeypatch: pytest.MonkeyPatch, noon: datetime) -> None:
    monkeypatch.setattr(storing, "MOST_SERIES", 4)
    written = Load(seed=1, pipelines=("a", "b", "c", "d", "e")).write(60, noon, 10 * MINUTE)
    roll_up()
    assert Series.objects.count() <= 2 * 4 + 8
    assert Series.objects.filter(task=OTHER).exists()
    assert counts(Level.MINUTE, "attempts")[0] == sum(written.attempts.values())
    assert reconcile(noon, noon + 2 * HOUR) == []


def test_labels_fold_to_their_pipelines_other_first() -> None:
    folded = Labels("a", "t", "m").folded()
    assert folded == (Labels("a", OTHER, OTHER), Labels(OTHER, OTHER, OTHER))
    assert Labels("a").folded() == (Labels(OTHER),)


def test_paused_it_does_nothing_and_then_catches_up(noon: datetime, configure: Callable[..., None]) -> None:
    Load(seed=2).write(20, noon, 10 * MINUTE)
    switch.set_active(active=False)
    roll_up()
    assert (Rollup.objects.count(), look_around()) == (0, 0)
    switch.set_active(active=True)
    roll_up()
    assert counts(Level.MINUTE, "executions")[0] == 20
    configure(monitoring_enabled=False)
    assert not switch.is_active()


def test_minutes_past_their_retention_go_once_their_hour_is_sealed(
    written: Written, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = Rollup.objects.filter(level=Level.HOUR).count()
    sealed = Watermark.objects.get(level=Level.HOUR).sealed_until
    assert sealed is not None
    monkeypatch.setattr(
        "monitoring.services.retention.kept_since", lambda level, now: now if level == 60 else now - 9 * HOUR
    )
    retention.prune_metrics()
    left = Rollup.objects.filter(level=Level.MINUTE)
    assert not left.filter(at__lt=sealed).exists()
    assert left.filter(at__gte=sealed).exists() == Execution.objects.filter(finished_at__gte=sealed).exists()
    assert Rollup.objects.filter(level=Level.HOUR).count() == hours


def test_a_series_has_a_point_for_every_step(written: Written, noon: datetime) -> None:
    found = metric_series("execution_count", start=noon, end=noon + 2 * HOUR, step=10 * MINUTE)[()]
    assert [point.at for point in found][:3] == [noon, noon + 10 * MINUTE, noon + 20 * MINUTE]
    assert sum(point.value or 0 for point in found) == EXECUTIONS
    assert found[0].value == 0


def test_queues_and_workers_are_looked_at() -> None:
    flow.start()
    flow.make_due(Execution.objects.get(), "queued_at", "a")
    flow.claimant()
    Worker.objects.update(heartbeat_at=Now())
    look_around()
    look_around()
    now = database_now()
    ago = now - MINUTE
    value = {
        name: measure(name, start=ago, end=now)[0].value for name in ("queue_depth", "workers", "queue_age_seconds")
    }
    assert (value["queue_depth"], value["workers"]) == (1, 1)
    assert value["queue_age_seconds"] == pytest.approx(60, abs=40)
    (queue,) = measure("queue_depth", start=ago, end=now, by=["detail"])
    assert (queue.labels, queue.value) == ({"detail": "default"}, 1)


@pytest.mark.parametrize(
    ("start", "end", "levels"),
    [
        (0, 5, [60]),
        (0, 180, [3600]),
        (30, 150, [60, 3600, 60]),
        (-1470, 90, [60, 86400, 3600, 60]),
    ],
)
def test_a_stretch_of_time_is_read_from_the_coarsest_roll_ups_that_cover_it(
    start: int, end: int, levels: list[int]
) -> None:
    midnight = datetime.fromisoformat("2026-01-02T00:00+00:00")
    sealed = {Level.MINUTE: midnight + 3 * HOUR, Level.HOUR: midnight + 3 * HOUR, Level.DAY: midnight}
    found = list(pieces(midnight + start * MINUTE, midnight + end * MINUTE, sealed))
    assert [piece.level for piece in found] == levels
    assert all(one.end == other.start for one, other in pairwise(found))


def test_metrics_can_be_asked_by_the_labels_of_their_families_alone() -> None:
    assert find_metric("error_rate").labels == ("pipeline",)
    assert find_metric("retry_rate").labels == ("pipeline", "task", "model")


@pytest.mark.parametrize(("after", "length"), [(0, 60), (90, 60), (30, 150)])
def test_a_rate_is_of_the_minutes_that_are_read(noon: datetime, after: int, length: int) -> None:
    for number in range(6):
        write_minute(noon + number * MINUTE, ok=6, error=0)
    start = noon + timedelta(seconds=after)
    (steady,) = measure("throughput", start=start, end=start + timedelta(seconds=length))
    assert steady.value == 6


def test_the_minute_that_runs_counts_as_far_as_it_has_come(noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    write_minute(noon, ok=6, error=0)
    write_minute(noon + MINUTE, ok=3, error=0)
    present = noon + 1.5 * MINUTE
    monkeypatch.setattr(metrics, "database_now", lambda: present)
    (steady,) = measure("throughput", start=noon, end=present)
    points = metric_series("throughput", start=noon, end=present, step=MINUTE)[()]
    assert (steady.value, [point.value for point in points]) == (6, [6, 6])


def test_only_what_workers_run_keeps_their_places_busy() -> None:
    flow.start()
    flow.take(flow.claimant())
    Worker.objects.update(heartbeat_at=Now(), pool="inline")
    look_around()
    assert Rollup.objects.get(family="busy_places").total == 0
