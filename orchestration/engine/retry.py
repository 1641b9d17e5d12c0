"""When to try again. Pure: the random number is passed in."""

from orchestration.definition import RetryConfig


def delay_before_retry(retry: RetryConfig, *, failures: int, random: float, retry_after: float | None = None) -> float:
    """Seconds until the next attempt after `failures` (≥ 1) failed ones.

    Exponential backoff with full jitter (M. Brooker, "Exponential Backoff and Jitter", 2015): uniform between 0 and
    min(max_delay, initial × factor^(failures − 1)); `random` is uniform in [0, 1). What the other side asked for with
    Retry-After is the least.
    """
    # The exponent is capped: past 2**64 every delay is max_delay anyway, and a float must not overflow.
    ceiling = min(retry.max_delay, retry.initial * retry.factor ** min(failures - 1, 64))
    delay = ceiling * random if retry.jitter == "full" else ceiling
    return max(delay, retry_after or 0.0)
