"""The operator knows within a minute: from a failure to the message, by the duties' own periods."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

import tests.sample_handlers  # noqa: F401  # registers the task types that the tests' pipelines use
from monitoring.services import channels, notices
from orchestration.engine import dispatch, ticker
from orchestration.engine.errands import STEP_SECONDS, Messenger
from orchestration.engine.process import Identity
from orchestration.engine.ticker import Ticker, registered_duties
from tests.engine import flow
from tests.monitoring.minutes import add
from tests.monitoring.receivers import web_server

A_MINUTE = 60


class Seconds:
    """A worker's loops, second by second: monitoring's duties of the ticker, and the messenger."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        clock = SimpleNamespace(monotonic=lambda: self.now, time=time.time)
        ours = {duty.name: duty for duty in registered_duties() if duty.act.__module__.startswith("monitoring.")}
        monkeypatch.setattr(ticker, "time", clock)
        monkeypatch.setattr(ticker, "_duties", ours)
        monkeypatch.setattr(dispatch, "send_job", lambda name, **_: bool(notices.deliver_due()))
        self._ticker, self._messenger = Ticker("one"), Messenger(Identity())

    def pass_one(self) -> None:
        self.now += 1
        self._ticker.step()
        if self.now % STEP_SECONDS == 0:
            self._messenger.step()


@pytest.mark.django_db
@pytest.mark.parametrize("running_for", [1, 8, 14], ids="after {} s".format)
def test_a_failure_is_told_within_a_minute_whenever_it_happens(
    running_for: int, monkeypatch: pytest.MonkeyPatch, configure: Callable[..., None]
) -> None:
    configure(alert_webhook_private_hosts=("127.0.0.1",))
    with web_server() as posts:
        channels.save_channel(name="hook", kind="webhook", target=posts.url)
        add(channels=["hook"])
        clock = Seconds(monkeypatch)
        for _ in range(running_for):
            clock.pass_one()
        flow.start()
        flow.fail(flow.take(flow.claimant()), flow.claimant())
        waited = 0
        while not posts.received and waited < A_MINUTE:
            clock.pass_one()
            waited += 1
    assert [body["value"] for body in posts.bodies] == [1.0], f"nothing was told in {waited} s"
