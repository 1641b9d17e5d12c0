"""Who gets a review, why, and why nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews import clock
from reviews.assignment.ranking import rank
from reviews.assignment.scoring import Candidate, judge
from reviews.escalation.running import run_due
from reviews.exceptions import AtCapacity, HeldByAnother, InvalidReview, NobodyEligible, NotEligible
from reviews.models import ReviewAssignment
from reviews.selectors.history import history
from reviews.selectors.team import team_load, unassignable, why
from reviews.services.assignment import assign_due, assign_review, reassign_review
from reviews.services.claims import claim_review, decline_review, release_review, snooze_review
from reviews.services.decisions import decide
from reviews.services.next_review import claim_next
from reviews.services.requests import open_review
from reviews.services.reviewers import add_absence, update_reviewer
from reviews.skills import Requirements, Skill, Wanted, parse_skill, parse_wanted
from reviews.states import Priority
from tests.reviews.scenes import HOURS, again, review, reviewer

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.django_db
class TestRouting:
    def test_skills_decide_and_the_reason_is_kept(self) -> None:
        reviewer("ana", "tax:5")
        reviewer("ben", "tax:3")
        reviewer("cem", "legal")
        asked = review(required_specializations=["tax:2"])
        given = assign_review(review_id=asked.pk)
        assert given.reviewer_id == "ana"
        assert again(asked).status == "assigned"
        reason = why(asked.pk)
        assert reason["question"] == "why them"
        assert reason["sentence"].startswith("Ana: best of 2 who could take it; has room, knows the subject well")
        assert {one["reviewer"]: "score" in one for one in reason["candidates"]} == {
            "ana": True,
            "ben": True,
            "cem": False,
        }
        assert "routing gave it to Ana" in history(asked.pk)[-1].sentence

    def test_load_evens_out(self) -> None:
        for name in ("ana", "ben", "cem"):
            reviewer(name)
        for _ in range(9):
            review()
        assert assign_due() == 9
        assert {one.load for one in team_load()} == {3}

    def test_weight_counts_against_capacity(self) -> None:
        ana = reviewer("ana", capacity=3)
        claim_review(review_id=review(weight=2).pk, by=ana)
        with pytest.raises(AtCapacity, match="has 2 of 3"):
            claim_review(review_id=review(weight=2).pk, by=ana)
        claim_review(review_id=review(weight=1).pk, by=ana)

    def test_who_knows_the_case_gets_it_again(self) -> None:
        people = [reviewer(name) for name in ("ana", "ben", "cem")]
        decide(review_id=review(group="customer-7").pk, decision="approve", by=people[1])
        assert assign_review(review_id=review(group="customer-7").pk).reviewer_id == "ben"

    def test_why_nobody_says_what_would_mend_it(self) -> None:
        reviewer("ana", "legal")
        reviewer("ben", "tax:2", time_zone="Europe/Berlin", working_hours=HOURS)
        asked = review(required_specializations=["tax:4"])
        with clock.moved(to=MONDAY + timedelta(days=6)), pytest.raises(NobodyEligible) as refused:
            assign_review(review_id=asked.pk)
        assert 'give the reviewer "tax:4"' in str(refused.value)
        assert "knows tax at level 2, not 4" in str(refused.value)
        assert "back 2026-11-30 08:00 UTC" in str(refused.value)
        assert why(asked.pk)["question"] == "why nobody"
        ((_, number, _),) = unassignable()
        assert number == 1

    def test_before_it_is_assigned_one_can_ask_who_would_get_it(self) -> None:
        reviewer("ana")
        asked = review()
        assert (why(asked.pk)["question"], why(asked.pk)["chosen"]) == ("who now", "ana")
        assert again(asked).status == "pending"

    def test_what_nobody_can_take_holds_up_nothing_else(self) -> None:
        reviewer("ana", capacity=50)
        for _ in range(60):
            review(required_specializations=["rare"], priority="urgent")
        asked = review(priority="low")
        assert assign_due(limit=5) == 1
        assert again(asked).assignee_id == "ana"

    def test_reviews_that_none_of_those_with_room_may_have_hold_up_nothing_else(self) -> None:
        reviewer("ana", capacity=50)
        for _ in range(23):
            review(conflicts=["ana"], priority="urgent")
        too_heavy = review(weight=60, priority="urgent")
        asked = [review(priority="low") for _ in range(3)]
        calls = 0
        while any(again(one).status == "pending" for one in asked):
            calls += 1
            assert calls <= 5, "they are never looked at"
            assign_due(limit=5)
        assert again(too_heavy).status == "pending"

    def test_what_fits_nobody_costs_the_ticker_next_to_nothing(self, django_assert_max_num_queries: Any) -> None:
        reviewer("ana", capacity=50)
        for _ in range(40):
            review(conflicts=["ana"])
        with django_assert_max_num_queries(12):
            assert assign_due() == 0

    def test_where_nothing_waits_the_ticker_asks_one_question(self, django_assert_num_queries: Any) -> None:
        reviewer("ana")
        with django_assert_num_queries(1):
            assert assign_due() == 0

    @pytest.mark.one_database
    @pytest.mark.parametrize(
        "columns",
        [
            {"availability": "busy"},
            {"availability": "away"},
            {"is_active": False},
            {"working_hours": HOURS},
            {"languages": ["fr"]},
        ],
    )
    def test_who_is_not_there_gets_nothing(self, columns: dict[str, Any]) -> None:
        reviewer("ana", **columns)
        review(language="de")
        with clock.moved(to=MONDAY.replace(hour=3)):
            assert assign_due() == 0

    def test_who_is_back_gets_reviews_again(self) -> None:
        now = clock.now()
        reviewer("ana", availability="away", away_until=now + timedelta(hours=1))
        review()
        assert assign_due() == 0
        with clock.moved(timedelta(hours=2)):
            assert assign_due() == 1

    def test_an_escalated_review_goes_to_a_lead(self) -> None:
        ana = reviewer("ana")
        reviewer("lea", is_lead=True, capacity=1)
        asked = review()
        decide(review_id=asked.pk, decision="escalate", by=ana, comment="too hard")
        assert assign_review(review_id=asked.pk).reviewer_id == "lea"
        assert again(asked).is_escalated


@pytest.mark.django_db
class TestGivingBack:
    def test_release_and_take_again(self) -> None:
        ana, asked = reviewer(), review()
        claim_review(review_id=asked.pk, by=ana)
        release_review(review_id=asked.pk, by=ana, reason="lunch")
        assert again(asked).status == "pending"
        assert ReviewAssignment.objects.get().end == "released"
        claim_review(review_id=asked.pk, by=ana)
        assert again(asked).token == 3

    def test_what_was_declined_does_not_come_again(self) -> None:
        ana, asked = reviewer(), review()
        claim_review(review_id=asked.pk, by=ana)
        with pytest.raises(InvalidReview):
            decline_review(review_id=asked.pk, by=ana, reason=" ")
        decline_review(review_id=asked.pk, by=ana, reason="I know them")
        assert assign_due() == 0
        assert claim_next(by=ana) is None
        with pytest.raises(NotEligible, match="declined this"):
            claim_review(review_id=asked.pk, by=ana)

    def test_only_theirs_or_a_lead(self) -> None:
        ana, ben, asked = reviewer("ana"), reviewer("ben"), review()
        claim_review(review_id=asked.pk, by=ana)
        with pytest.raises(HeldByAnother):
            release_review(review_id=asked.pk, by=ben)
        release_review(review_id=asked.pk, by=reviewer("lea", is_lead=True))

    def test_put_off_and_back_by_itself(self) -> None:
        ana, asked = reviewer(), review()
        claim_review(review_id=asked.pk, by=ana)
        snooze_review(review_id=asked.pk, by=ana, until=clock.now() + timedelta(hours=1))
        assert run_due() == 0
        assert claim_next(by=ana) is None
        with clock.moved(timedelta(hours=2)):
            assert run_due() == 1
        assert (again(asked).status, again(asked).assignee_id) == ("assigned", "ana")
        with pytest.raises(InvalidReview, match="future"):
            snooze_review(review_id=asked.pk, by=ana, until=clock.now())

    def test_more_than_the_capacity_needs_a_reason(self) -> None:
        reviewer("ana", capacity=1)
        lea = reviewer("lea", is_lead=True)
        one, two = review(), review()
        reassign_review(review_id=one.pk, to="ana", by=lea)
        with pytest.raises(AtCapacity, match="at most 1"):
            reassign_review(review_id=two.pk, to="ana", by=lea)
        with pytest.raises(InvalidReview, match="say why"):
            reassign_review(review_id=two.pk, to="ana", by=lea, over_capacity=True)
        given = reassign_review(review_id=two.pk, to="ana", by=lea, over_capacity=True, reason="only she can")
        assert given.note == "only she can"

    def test_who_becomes_inactive_gives_up_everything(self) -> None:
        ana = reviewer("ana")
        working, waiting = review(), review()
        claim_review(review_id=working.pk, by=ana)
        reassign_review(review_id=waiting.pk, to=ana, by=ana)
        update_reviewer(reviewer_id="ana", by=reviewer("lea", is_lead=True), is_active=False)
        assert {again(one).status for one in (working, waiting)} == {"pending"}

    def test_an_absence_moves_what_was_not_begun_to_the_substitute(self) -> None:
        ana = reviewer("ana")
        reviewer("ben", "tax")
        working, plain, legal = review(), review(), review(required_specializations=["legal"])
        update_reviewer(reviewer_id="ana", by=ana, specializations=["legal"])
        claim_review(review_id=working.pk, by=ana)
        for one in (plain, legal):
            reassign_review(review_id=one.pk, to=ana, by=ana)
        now = clock.now()
        add_absence(reviewer_id="ana", starts_at=now, ends_at=now + timedelta(days=3), substitute="ben", by=ana)
        assert run_due() == 2
        assert run_due() == 0
        found = {name: again(one).assignee_id for name, one in (("w", working), ("p", plain), ("l", legal))}
        assert found == {"w": "ana", "p": "ben", "l": None}
        assert ReviewAssignment.objects.get(review=plain, ended_at=None).note == "for ana"
        assert assign_due() == 0, "ana is away and ben does not know legal"


LEVELS = st.integers(1, 5)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.text("abc", min_size=1, max_size=3),
        name=st.just("x"),
        skills=st.lists(st.builds(Skill, st.sampled_from("lt"), LEVELS), unique_by=lambda one: one.name).map(tuple),
        capacity=st.integers(1, 5),
        load=st.integers(0, 5),
        received=st.integers(0, 9),
        is_lead=st.booleans(),
        excluded=st.sampled_from([(), ("author",)]),
    ),
    unique_by=lambda one: one.id,
)
NEEDS = st.builds(Requirements, st.lists(st.builds(Wanted, st.sampled_from("lt"), LEVELS), max_size=2).map(tuple))


@given(CANDIDATES, NEEDS)
def test_who_is_eligible_fits_and_comes_first(candidates: list[Candidate], needs: Requirements) -> None:
    judged = judge(candidates, needs, 1, "seed")
    assert [one.is_eligible for one in judged] == sorted((one.is_eligible for one in judged), reverse=True)
    assert judged == judge(list(reversed(candidates)), needs, 1, "seed")
    for one in judged:
        levels = {skill.name: skill.level for skill in one.candidate.skills}
        fits = all(levels.get(wanted.name, 0) >= wanted.level for wanted in needs.wanted)
        has_room = one.candidate.load < one.candidate.capacity
        assert one.is_eligible == (fits and has_room and not one.candidate.excluded)


@given(NEEDS)
def test_requirements_survive_their_key(needs: Requirements) -> None:
    assert Requirements.from_key(needs.key).key == needs.key


@given(
    st.sampled_from(Priority),
    st.timedeltas(timedelta(), timedelta(days=30)),
    st.sampled_from(Priority),
    st.timedeltas(timedelta(), timedelta(days=30)),
    st.timedeltas(timedelta(), timedelta(days=30)),
)
def test_nobody_starves(
    one: Priority, due_in: timedelta, other: Priority, other_due_in: timedelta, later: timedelta
) -> None:
    """Whatever is opened after a review's place in the queue, plus the time it takes, comes after it."""
    mine = rank(created_at=MONDAY, due_at=MONDAY + due_in, priority=one, estimated_minutes=5)
    opened = max(mine + timedelta(minutes=5), MONDAY) + later
    assert rank(created_at=opened, due_at=opened + other_due_in, priority=other, estimated_minutes=5) >= mine


def test_the_nearer_due_and_the_more_pressing_come_first() -> None:
    def place(priority: Priority, hours: int) -> datetime:
        return rank(created_at=MONDAY, due_at=MONDAY + timedelta(hours=hours), priority=priority, estimated_minutes=5)

    order = [place(Priority.URGENT, 24), place(Priority.NORMAL, 2), place(Priority.HIGH, 24), place(Priority.LOW, 96)]
    assert order == sorted(order)


@pytest.mark.parametrize("text", ["", ":3", "legal:9", "legal:x", "a" * 65, "legal?:3"])
def test_specializations_that_make_no_sense_are_refused(text: str) -> None:
    for parse in (parse_skill, parse_wanted):
        with pytest.raises(InvalidReview):
            parse(text)


def test_specializations_are_written_as_people_write_them() -> None:
    assert parse_skill(" Legal:4 ") == Skill("legal", 4)
    assert parse_wanted("Legal:4?") == Wanted("legal", 4, True)
    assert str(parse_wanted("tax")) == "tax"


@pytest.mark.django_db
def test_a_request_that_makes_no_sense_is_refused_with_every_problem() -> None:
    with pytest.raises(InvalidReview) as refused:
        open_review(
            task_name="",
            task_type="x",
            input_data=1,
            priority="now",
            risk="big",
            weight=0,
            confidence=2,
            reasons=[{}],
            output_schema={"type": "nothing", "$ref": "http://x/"},
        )
    places = [pointer for pointer, _ in refused.value.problems]
    assert places == ["/task_name", "/priority", "/risk", "/weight", "/confidence", "/reasons/0", "/output_schema/type"]
