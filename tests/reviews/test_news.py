"""What the rest of the product hears, and what it can ask when it heard nothing; scripted reviewers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from reviews import clock, signals
from reviews.escalation.running import run_due
from reviews.manager import HumanLoopManager
from reviews.models import ReviewerProfile
from reviews.scripted import Reply, ScriptedReviewer
from reviews.selectors.outcomes import decided_for, outcome
from reviews.services.decisions import decide
from reviews.services.requests import close_review
from tests.reviews.scenes import again, review, reviewer

Heard = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What the signals said, without Django's own words."""
    found: Heard = []
    receivers: list[tuple[Signal, Any]] = []
    for name in ("review_opened", "review_decided", "review_closed"):

        def hear(name: str = name, **news: Any) -> None:
            found.append((name, {key: value for key, value in news.items() if key not in ("signal", "sender")}))

        signal = getattr(signals, name)
        signal.connect(hear, weak=False)
        receivers.append((signal, hear))
    yield found
    for signal, hear in receivers:
        signal.disconnect(hear)


@pytest.mark.django_db(transaction=True)
class TestSignals:
    def test_news_carries_ids_and_comes_after_commit(self, heard: Heard) -> None:
        with transaction.atomic():
            asked = review("7", priority="high")
            assert heard == []
        decide(review_id=asked.pk, decision="reject", by=reviewer())
        about = {"review_id": asked.pk, "subject_kind": "task_run", "subject_id": "7"}
        assert heard == [
            ("review_opened", about | {"priority": "high"}),
            ("review_decided", about | {"decision": "reject"}),
        ]

    def test_what_was_rolled_back_is_no_news(self, heard: Heard) -> None:
        with transaction.atomic():
            review("7")
            transaction.set_rollback(True)
        assert heard == []

    def test_a_decision_that_can_be_undone_is_no_news_yet(self, heard: Heard) -> None:
        asked = review("7", undo_seconds=30)
        decide(review_id=asked.pk, decision="approve", by=reviewer())
        assert [name for name, _ in heard] == ["review_opened"]
        with clock.moved(timedelta(seconds=31)):
            run_due()
            run_due()
        assert [name for name, _ in heard] == ["review_opened", "review_decided"]

    def test_closing_is_news_once(self, heard: Heard) -> None:
        asked = review()
        for _ in range(2):
            close_review(review_id=asked.pk, reason="cancelled", actor="engine")
        assert [(name, news.get("status")) for name, news in heard][1:] == [("review_closed", "cancelled")]

    def test_a_receiver_that_fails_breaks_nothing(self, heard: Heard) -> None:
        def fail(**news: Any) -> None:
            raise RuntimeError("broken receiver")

        signals.review_decided.connect(fail)
        try:
            asked = review("7")
            decide(review_id=asked.pk, decision="approve", by=reviewer())
        finally:
            signals.review_decided.disconnect(fail)
        assert decided_for(["7"])["7"].is_approved


@pytest.mark.one_database
@pytest.mark.django_db
class TestScripted:
    def test_it_works_by_its_rules_and_says_that_it_is_a_script(self) -> None:
        def correct(seen: dict[str, Any]) -> Reply | None:
            wrong = seen["input"]["text"] != "12 EUR"
            return Reply("approve", {"total": 1, "currency": "USD"}, "corrected") if wrong else Reply("approve")

        good, bad = review("good"), review("bad", input_data={"text": "1 USD"})
        made = ScriptedReviewer("robot", [correct]).work()
        assert len(made) == 2
        found = decided_for(["good", "bad"])
        assert (found["good"].decision, found["bad"].output) == ("approve", {"total": 1, "currency": "USD"})
        assert (found["bad"].by, found["bad"].label) == ("reviewer:robot", "Demonstration (scripted)")
        assert {again(one).status for one in (good, bad)} == {"decided"}
        assert {one.channel for one in made} == {"script"}

    def test_what_no_rule_replies_to_is_left_to_people(self) -> None:
        asked = review()
        assert ScriptedReviewer("robot", [lambda seen: None]).work() == []
        assert again(asked).status == "pending"

    def test_a_reply_that_does_not_fit_ends_its_work(self, caplog: pytest.LogCaptureFixture) -> None:
        asked = review()
        robot = ScriptedReviewer("robot", [lambda seen: Reply("approve", {"total": "x"})])
        assert robot.work() == []
        assert "does not fit its schema" in caplog.text
        assert outcome(asked.pk) is None


@pytest.mark.django_db
class TestManager:
    def test_registering_again_updates_what_was_given_and_nothing_else(self) -> None:
        manager = HumanLoopManager()
        manager.register_reviewer(ReviewerProfile(id="x", name="Old", is_lead=True, time_zone="Europe/Berlin"))
        profile = ReviewerProfile(id="x", name="New", email="new@example.com", max_concurrent_reviews=9, clearance=3)
        profile.specializations = ["tax"]
        found = manager.register_reviewer(profile)
        assert (found.name, found.email, found.max_concurrent_reviews) == ("New", "new@example.com", 9)
        assert (found.specializations, found.is_lead, found.time_zone, found.clearance) == (
            ["tax"],
            True,
            "Europe/Berlin",
            0,
        )

    def test_everything_by_id(self) -> None:
        manager = HumanLoopManager()
        manager.register_reviewer(ReviewerProfile(id="ana", name="Ana"))
        manager.register_reviewer(ReviewerProfile(id="lea", name="Lea", is_lead=True))
        key = manager.create_review("check", "validation", {"a": 1}, "high", proposed_output={"b": 2})
        assert [one["review_id"] for one in manager.pending_reviews("ana")] == [key]
        assert manager.why(key)["question"] == "who now"
        assert manager.assign(key, "ana") == "ana"
        manager.decline(key, "ana", "no time")
        assert manager.escalate(key, "lea", "hard")["is_escalated"]
        assert manager.get_outcome(key) is None
        manager.register_reviewer(ReviewerProfile(id="moe", name="Moe", is_lead=True))
        token = manager.claim(key, "moe")
        manager.release(key, "moe")
        token = manager.claim(key, "moe")
        assert manager.decide(key, "approve", "moe", {"b": 3}, token=token)["status"] == "decided"
        found = manager.get_outcome(key)
        assert found is not None
        assert found.output == {"b": 3}
        assert manager.get_review(key)["decisions"][-1]["label"] == "Moe"
        assert len(manager.history(key)) == 8
        assert manager.history(key)[1]["sentence"] == "a program gave it to Ana"
        assert not manager.cancel_review(key)
