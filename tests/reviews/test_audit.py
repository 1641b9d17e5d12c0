"""The history: complete, chained, and whatever is changed, cut or inserted is found."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import F, QuerySet

from reviews.audit import verification
from reviews.audit.trail import write_checkpoint
from reviews.audit.verification import verify
from reviews.exceptions import InvalidReview
from reviews.models import AuditCheckpoint, ReviewEvent, ReviewRequest
from reviews.selectors.describing import describe
from reviews.selectors.history import history, history_of
from reviews.services.afterwards import answer_information
from reviews.services.assignment import reassign_review
from reviews.services.claims import claim_review, release_review
from reviews.services.decisions import decide
from reviews.services.drafts import save_draft
from reviews.services.erasure import erase_content
from reviews.services.requests import Subject, close_review
from reviews.services.reviewers import update_reviewer
from tests.commands.calling import call
from tests.reviews.scenes import again, review, reviewer

pytestmark = pytest.mark.django_db


def work() -> ReviewRequest:
    ana, asked = reviewer("ana"), review()
    decide(
        review_id=asked.pk,
        decision="approve",
        by=ana,
        token=claim_review(review_id=asked.pk, by=ana).token,
        output={"total": 1.50, "currency": "EUR"},
        comment="ä\x00\ud800",
    )
    return again(asked)


def test_everything_that_happens_is_told_in_sentences() -> None:
    asked = work()
    lines = history(asked.pk)
    assert [line.kind for line in lines] == ["review.opened", "review.claimed", "review.decided"]
    assert [line.sequence for line in lines] == [1, 2, 3]
    assert lines[1].sentence == "Ana started reviewing"
    assert (lines[1].before["status"], lines[1].after["status"]) == ("pending", "in_review")
    assert lines[2].sentence.startswith("Ana approved it with edits")
    assert verify().is_sound


def test_changes_of_a_profile_are_told_and_repeating_tells_nothing() -> None:
    reviewer("ana", "tax")
    reviewer("ana", "tax")
    update_reviewer(reviewer_id="ana", by="ana", is_lead=True)
    lines = history_of("reviewer:ana")
    assert [line.kind for line in lines] == ["reviewer.registered", "reviewer.changed"]
    assert (lines[1].before, lines[1].after) == ({"is_lead": False}, {"is_lead": True})


Tamper = Callable[[], Any]
SECOND = {"sequence": 2, "stream__startswith": "review:"}


def insert_one() -> None:
    event = ReviewEvent.objects.get(sequence=3)
    event.pk, event.sequence = None, 4
    event.save(force_insert=True)


def rewrite_payload() -> None:
    event = ReviewEvent.objects.get(**SECOND)
    event.payload["sentence"] = "Ben started reviewing"
    event.save()


def swap() -> None:
    events = ReviewEvent.objects.filter(stream__startswith="review:")
    for old, new in ((1, 9), (2, 1), (9, 2)):
        events.filter(sequence=old).update(sequence=new)


def second() -> "QuerySet[ReviewEvent]":
    return ReviewEvent.objects.filter(**SECOND)


TAMPERING: dict[str, tuple[Tamper, str]] = {
    "another actor": (lambda: second().update(actor="reviewer:ben"), "does not follow"),
    "another time": (lambda: second().update(at=F("at") - timedelta(days=1)), "does not follow"),
    "another seal": (lambda: second().update(mac="0" * 64), "does not follow"),
    "another key": (lambda: second().update(key_id="other"), "sealed with another key"),
    "another content": (rewrite_payload, "content was changed"),
    "cut out": (lambda: second().delete(), "event 2 is missing"),
    "cut off": (lambda: ReviewEvent.objects.filter(sequence=3).delete(), "its history says in_review"),
    "all gone": (lambda: ReviewEvent.objects.filter(stream__startswith="review:").delete(), "has no history"),
    "put in": (insert_one, "does not follow"),
    "swapped": (swap, "does not follow"),
}


@pytest.mark.parametrize(("tamper", "said"), TAMPERING.values(), ids=TAMPERING.keys())
def test_what_was_tampered_with_is_found(tamper: Tamper, said: str) -> None:
    asked = work()
    work_before = verify()
    assert work_before.is_sound
    tamper()
    found = verify()
    assert any(said in one.message for one in found.breaks), found.breaks
    assert all(one.stream == f"review:{asked.pk}" for one in found.breaks)
    assert not verify(f"review:{asked.pk}").is_sound


def test_a_checkpoint_misses_what_was_cut_from_an_end() -> None:
    work()
    update_reviewer(reviewer_id="ana", by="ana", is_lead=True)
    write_checkpoint()
    assert write_checkpoint() == 0, "nothing new"
    ReviewEvent.objects.filter(stream="reviewer:ana", sequence=2).delete()
    found = verify()
    assert [str(one) for one in found.breaks] == [
        "reviewer:ana #2: checkpoint 1 saw this event; it is gone or another one"
    ]


def test_checkpoints_are_chained_too() -> None:
    for _ in range(3):
        work()
        write_checkpoint()
    assert verify().checkpoints == 3
    AuditCheckpoint.objects.filter(number=2).update(events=1)
    assert "changed" in verify().breaks[0].message
    AuditCheckpoint.objects.filter(number=2).delete()
    assert "missing" in verify().breaks[0].message


def test_what_happens_while_it_is_read_is_no_break(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, read_rows = review(), verification._check_rows

    def after_more_work(*arguments: Any) -> None:
        claim_review(review_id=asked.pk, by=reviewer("ben"))
        review("later")
        read_rows(*arguments)

    monkeypatch.setattr(verification, "_check_rows", after_more_work)
    assert verify().breaks == []


def test_content_can_be_erased_without_breaking_the_chain() -> None:
    asked, still_open = work(), review()
    erase_content(review_id=asked.pk, by="ana", reason="asked to be forgotten")
    found = verify()
    assert (found.is_sound, found.erased) == (True, 3)
    assert history(asked.pk)[1].sentence == "Ana: review.claimed (content erased)"
    assert history(asked.pk)[3].sentence == "Ana erased the content: asked to be forgotten"
    shown = describe(again(asked))
    assert (shown["input"], shown["decisions"][0]["output"], shown["decisions"][0]["comment"]) == (None, None, "")
    with pytest.raises(InvalidReview, match="is open"):
        erase_content(review_id=still_open.pk, by="ana", reason="x")


def test_nothing_that_was_said_of_an_erased_review_is_left_in_any_row() -> None:
    """Each text that a review, its claims, questions, drafts, decisions and messages can take holds one word."""
    secret = "Zanzibar"
    said = f"{secret} wants it"
    ana, given = reviewer("ana"), {"text": said}
    reasons = [{"code": "odd", "message": said}]
    about = Subject("task_run", "1", said, "/executions/1/")
    asked = review(subject=about, input_data=given, proposed_output=given, instructions=said, source=given, group=said)
    other = review("2", reasons=reasons)
    claim_review(review_id=asked.pk, by=ana)
    release_review(review_id=asked.pk, by=ana, reason=said)
    reassign_review(review_id=asked.pk, to="ana", by="ana", reason=said)
    token = claim_review(review_id=asked.pk, by=ana).token
    save_draft(review_id=asked.pk, by=reviewer("bea"), output=given, comment=said)
    decide(review_id=asked.pk, decision="need_information", by=ana, token=token, comment=said)
    answer_information(review_id=asked.pk, answer=said, by=ana)
    token = claim_review(review_id=asked.pk, by=ana).token
    decide(review_id=asked.pk, decision="approve", by=ana, token=token, output={"text": secret}, comment=said)
    close_review(review_id=other.pk, reason=said, actor="engine")
    assert {"ReviewRequest", "ReviewAssignment", "InformationRequest", "Draft", "ReviewDecision", "ReviewEvent"} <= (
        holding(secret)
    )
    for each in (asked, other):
        erase_content(review_id=each.pk, by="ana", reason="asked to be forgotten")
    assert holding(secret) == set()
    assert verify().is_sound


def holding(word: str) -> set[str]:
    """The models in whose rows a word stands."""
    models = apps.get_app_config("reviews").get_models()
    return {model.__name__ for model in models if any(word in repr(row) for row in model._default_manager.values())}


def test_another_key_is_said(settings: Any) -> None:
    work()
    settings.AUDIT_KEY = "another"
    assert "sealed with another key" in verify().breaks[0].message


@pytest.mark.one_database
class TestCommands:
    def test_export_and_verify(self, tmp_path: Path) -> None:
        work()
        path = tmp_path / "audit.jsonl"
        assert call("export_audit", str(path)).code == 0
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert lines[0]["manifest"]["events"] == len(lines) - 2
        assert lines[-1]["checkpoint"]["number"] == 1
        assert call("verify_audit", "--against", str(path)).code == 0
        AuditCheckpoint.objects.all().delete()
        ReviewEvent.objects.filter(stream="reviewer:ana").delete()
        assert verify().is_sound, "cut clean off, with its checkpoint: the database alone cannot tell"
        told = call("verify_audit", "--against", str(path))
        assert (told.code, "the checkpoint kept elsewhere" in told.err) == (1, True)

    def test_a_filter_and_stdout(self) -> None:
        asked = work()
        asking = ("--stream", f"review:{asked.pk}", "--actor", "reviewer:ana", "--since", "2020-01-01")
        called = call("export_audit", *asking)
        assert [json.loads(line)["event"]["kind"] for line in called.out.splitlines()[1:-1]] == [
            "review.claimed",
            "review.decided",
        ]
        assert call("export_audit", "--since", "yesterday").code == 2

    def test_what_is_broken_exits_with_1(self) -> None:
        work()
        ReviewEvent.objects.filter(**SECOND).update(actor="x")
        called = call("verify_audit", "--json")
        assert (called.code, called.document["is_sound"]) == (1, False)
        assert "does not follow" in call("verify_audit").err

    def test_an_export_cut_short_is_no_witness(self, tmp_path: Path) -> None:
        path = tmp_path / "cut"
        path.write_text('{"event": 1}\n')
        assert call("verify_audit", "--against", str(path)).code == 2

    def test_a_stream_that_is_not_there_is_not_called_sound(self) -> None:
        asked = work()
        for name in ("nope", "review:nope", "review:00000000-0000-0000-0000-000000000000", "a\0"):
            told = call("verify_audit", "--stream", name)
            assert (told.code, "has no stream" in told.err, told.out) == (2, True, ""), name
        assert "1 stream" in call("verify_audit", "--stream", f"review:{asked.pk}").out
        ReviewEvent.objects.filter(stream=f"review:{asked.pk}").delete()
        assert call("verify_audit", "--stream", f"review:{asked.pk}").code == 1

    def test_files_that_cannot_be_read_or_written_are_named(self, tmp_path: Path) -> None:
        work()
        missing = str(tmp_path / "missing" / "x")
        told = call("verify_audit", "--against", missing)
        assert (told.code, told.err) == (2, f"{missing}: No such file or directory\n")
        assert call("verify_audit", "--against", missing, "--stream", "reviewer:ana").code == 2
        for path in (missing, str(tmp_path)):
            told = call("export_audit", path)
            assert (told.code, f"{path}: " in told.err) == (2, True)
            assert call("export_audit", path, "--json").document["error"]["code"] == "file_error"
