"""Everybody at once: the short form on threads; PYTEST_REVIEW_SOAK=1 runs thirty reviewers and six processes."""

import os
import time
from functools import partial
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes
from tests.reviews import soak
from tests.reviews.test_races import side_by_side

WHOLE: dict[str, Any] = {"HITL_LEASE_SECONDS": "2", "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": "."}


@pytest.mark.django_db(transaction=True)
def test_everything_is_decided_once_and_nobody_has_too_much(configure: Any) -> None:
    configure(hitl_lease_seconds=0.5)
    soak.prepare(6, 24)
    side_by_side(*(partial(soak.take_part, seed, 20) for seed in range(3)))
    soak.judge(24)


@pytest.mark.skipif("PYTEST_REVIEW_SOAK" not in os.environ, reason="minutes long; set PYTEST_REVIEW_SOAK=1")
@pytest.mark.timeout(1200)
def test_thirty_reviewers_two_thousand_requests_six_processes(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(**WHOLE)
    begin = "import django; django.setup(); from tests.reviews import soak; soak.{}"
    assert processes.run("-c", begin.format("prepare(30, 2000)"), env=env, seconds=300).returncode == 0
    started = time.monotonic()
    people = [processes.python("-m", "tests.reviews.soak", str(seed), env=env) for seed in range(6)]
    codes = [one.wait(900) for one in people]
    took = time.monotonic() - started
    assert codes == [0] * 6, [one.read_log()[-2000:] for one in people]
    done = processes.run("-c", begin.format("judge(2000)"), env=env, seconds=120)
    assert done.returncode == 0, done.stderr
    for one in people:
        print(one.read_log().strip())
    print(f"2,000 reviews in {took:.0f} s")
