"""Outboxes: a worker looks whether there is something to send, and has a job of its own send it."""

import pytest

from orchestration.engine import dispatch, errands
from orchestration.engine.errands import Messenger, register_errand
from orchestration.engine.process import Identity


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def send_job(name: str, *, queue: str) -> bool:
        found.append((name, queue))
        return True

    monkeypatch.setattr(dispatch, "send_job", send_job)
    monkeypatch.setattr(errands, "_errands", {})
    return found


def broken() -> bool:
    raise RuntimeError("the outbox cannot be read")


def test_a_job_is_asked_for_while_there_is_work_and_only_then(sent: list[tuple[str, str]]) -> None:
    full = [True, False]
    register_errand("send", lambda: full.pop(0))
    messenger = Messenger(Identity(queues=("io",)))
    messenger.step()
    messenger.step()
    assert sent == [("send", "io")]


def test_an_outbox_that_cannot_be_read_holds_up_no_other(
    sent: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    register_errand("broken", broken)
    register_errand("fine", lambda: True)
    Messenger(Identity()).step()
    assert sent == [("fine", "default")]
    assert "whether there is work for broken could not be found out" in caplog.text
