"""Retries: how long to wait (pure), which errors are tried again, and that a waiting retry holds no slot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import RetryConfig
from orchestration.engine import recovery, store
from orchestration.engine.retry import delay_before_retry
from orchestration.exceptions import InvalidParameters, RetryableTaskError, TaskError
from tests.engine import flow
from tests.engine.soundness import assert_sound

delays = st.floats(0, 1e7, allow_nan=False)
retries = st.builds(
    lambda initial, longer, factor, jitter: RetryConfig(
        initial=initial, max_delay=initial + longer, factor=factor, jitter=jitter
    ),
    delays,
    delays,
    st.floats(1, 100),
    st.sampled_from(["full", "none"]),
)
fractions = st.floats(0, 1, exclude_max=True)


def test_without_jitter_each_delay_is_factor_times_the_one_before_up_to_the_longest() -> None:
    retry = RetryConfig(initial=1, factor=2, max_delay=10, jitter="none")
    assert [delay_before_retry(retry, failures=n, random=0.5) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


@given(retries, st.integers(1, 10_000), fractions)
def test_a_delay_is_never_negative_nor_above_the_longest(retry: RetryConfig, failures: int, random: float) -> None:
    assert 0 <= delay_before_retry(retry, failures=failures, random=random) <= retry.max_delay


@given(retries, st.integers(1, 100), fractions)
def test_full_jitter_draws_from_zero_to_the_delay_without_jitter(
    retry: RetryConfig, failures: int, random: float
) -> None:
    exact = delay_before_retry(retry.model_copy(update={"jitter": "none"}), failures=failures, random=random)
    drawn = delay_before_retry(retry.model_copy(update={"jitter": "full"}), failures=failures, random=random)
    assert drawn == pytest.approx(exact * random)


@given(retries, st.integers(1, 100), fractions)
def test_delays_without_jitter_never_shrink(retry: RetryConfig, failures: int, random: float) -> None:
    plain = retry.model_copy(update={"jitter": "none"})
    earlier, later = (delay_before_retry(plain, failures=n, random=random) for n in (failures, failures + 1))
    assert later >= earlier


@given(retries, st.integers(1, 100), fractions, delays)
def test_retry_after_is_the_least(retry: RetryConfig, failures: int, random: float, asked: float) -> None:
    assert delay_before_retry(retry, failures=failures, random=random, retry_after=asked) >= asked


@pytest.mark.parametrize(
    ("error", "retryable"),
    [(TaskError("x"), False), (InvalidParameters("x"), False), (RetryableTaskError("x"), True)],
)
def test_the_class_of_an_error_decides_about_another_try(error: TaskError, retryable: bool) -> None:
    assert error.retryable is retryable
    assert TaskError("x", retryable=True).retryable


@pytest.mark.django_db
def test_a_retryable_failure_waits_and_is_queued_when_due() -> None:
    execution = flow.start()
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
    found = flow.row(execution)
    assert (found.status, found.failures, found.crashes) == ("retrying", 1, 0)
    assert found.not_before is not None
    assert recovery.release_retries() == 0
    flow.make_due(execution, "not_before", "a")
    assert recovery.release_retries() == 1
    assert (flow.row(execution).status, flow.row(execution).not_before) == ("queued", None)
    assert flow.take(who).attempt == 2
    assert_sound(execution)


@pytest.mark.django_db
def test_the_slot_is_free_while_a_retry_waits() -> None:
    execution = flow.start({"a": [], "b": []}, max_parallel=1)
    who = flow.claimant()
    step = flow.fail(flow.take(who), who, retryable=True, delay_seconds=60, take_next=True)
    assert step.next_claim is not None
    assert step.next_claim.name == "b"
    assert_sound(execution)


@pytest.mark.django_db
def test_an_execution_is_waiting_while_retries_are_all_there_is() -> None:
    execution = flow.start()
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
    assert flow.reload(execution).status == "waiting"
    flow.make_due(execution, "not_before", "a")
    recovery.release_retries()
    assert flow.reload(execution).status == "running"


@pytest.mark.django_db
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_task_fails_after_max_attempts(attempts: int) -> None:
    execution = flow.start(each={"retry": {"max_attempts": attempts}})
    who = flow.claimant()
    for number in range(1, attempts + 1):
        assert flow.row(execution).failures == number - 1
        flow.fail(flow.take(who), who, retryable=True)
        store.release_retry(flow.row(execution).pk)
    assert (flow.row(execution).status, flow.row(execution).failures) == ("failed", attempts)
    assert flow.reload(execution).status == "failed"
    assert_sound(execution)


@pytest.mark.django_db
def test_a_task_whose_last_attempt_timed_out_is_timed_out_and_its_execution_failed() -> None:
    execution = flow.start(each={"retry": {"max_attempts": 1}})
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True, timed_out=True)
    assert (flow.row(execution).status, flow.reload(execution).status) == ("timed_out", "failed")
    assert flow.row(execution).attempts.get().status == "timed_out"
